// Patterns of procedures' names.

/** Gives the patterns of `GET /procedures` that find what a person typed. */
export function patternsFor(text) {
  const typed = text.trim();
  if (!typed) return [null];
  if (/[*?]/.test(typed)) return [typed];
  if (typed.includes(".")) return [`${typed}*`];
  // One part names packages and standalone procedures, two also those within packages.
  return [`*${typed}*`, `*.*${typed}*`];
}

// What a collection, record or object type looks like as JSON, from a procedure's description.

/** Says whether a type is made of others. */
export function isComposite(kind) {
  return kind.element !== undefined || kind.attributes !== undefined;
}

/** Writes a type as a hint: {"ID": NUMBER, "LINES": [{…}]}. */
export function shapeText(kind) {
  if (kind.element) return `[${shapeText(kind.element)}, …]`;
  if (kind.attributes) {
    const members = Object.entries(kind.attributes);
    return `{${members.map(([name, one]) => `${JSON.stringify(name)}: ${shapeText(one)}`).join(", ")}}`;
  }
  return kind.type.replace("PL/SQL BOOLEAN", "BOOLEAN");
}

/**
 * Finds the first place where a value has another shape than its type.
 * Gives null, or {path, wanted: "array" | "object" | "member" | "scalar"}.
 */
export function misfit(kind, value, path = "$") {
  if (value === null) return null;
  if (kind.element) {
    if (!Array.isArray(value)) return { path, wanted: "array" };
    return first(value.map((one, index) => [kind.element, one, `${path}[${index}]`]));
  }
  if (kind.attributes) {
    if (!isPlainObject(value)) return { path, wanted: "object" };
    // The service takes attributes' names in any case, as PL/SQL does.
    const known = new Map(
      Object.entries(kind.attributes).map(([name, one]) => [name.toUpperCase(), one]),
    );
    const strange = Object.keys(value).find((name) => !known.has(name.toUpperCase()));
    if (strange !== undefined) return { path: `${path}.${strange}`, wanted: "member" };
    return first(
      Object.entries(value).map(([name, one]) => [
        known.get(name.toUpperCase()),
        one,
        `${path}.${name}`,
      ]),
    );
  }
  if (kind.type !== "JSON" && (Array.isArray(value) || isPlainObject(value))) {
    return { path, wanted: "scalar" };
  }
  return null;
}

function first(parts) {
  for (const [kind, value, path] of parts) {
    const found = misfit(kind, value, path);
    if (found) return found;
  }
  return null;
}

function isPlainObject(value) {
  return typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}

// Dates as text, in the forms that the service reads.

const TIME = String.raw`(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d{2}(?::?[0-5]\d)?)?)?`;
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([-/]?)(\d{1,2})\2(\d{1,2})${TIME}$`);
const DAY_FIRST = new RegExp(String.raw`^(\d{1,2})([-/])(\d{1,2})\2(\d{4})${TIME}$`);

/**
 * Takes a date's text apart: {date: "YYYY-MM-DD", time: "HH:MM:SS" or "", fraction, zone}.
 * Gives null where the text is no date.
 */
export function splitMoment(text) {
  const first = YEAR_FIRST.exec(text.trim());
  const match = first ?? DAY_FIRST.exec(text.trim());
  if (!match) return null;
  const [, one, , month, other, hour, minute, second, fraction, zone] = match;
  const [year, day] = first ? [one, other] : [other, one];
  const two = (digits) => digits.padStart(2, "0");
  return {
    date: `${year}-${two(month)}-${two(day)}`,
    time: hour === undefined ? "" : `${two(hour)}:${minute}:${second ?? "00"}`,
    fraction: (fraction ?? "").replace(/0+$/, ""),
    zone: zone ?? "",
  };
}

// Numbers that a JavaScript double cannot hold, kept as the text that they came as.
// An Oracle NUMBER has 38 digits; a double has about 16.

const NUMBER = /^([+-]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d+))?$/;
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const NUMBER_MARK = "#n";
const STRING_MARK = "#s";

const MOST_DIGITS = 38;
const LEAST_EXPONENT = -130;
const MOST_EXPONENT = 125;

/** A JSON number by its text; `JSON.stringify` writes it as it was. */
export class ExactNumber {
  constructor(source) {
    this.source = source;
    Object.freeze(this);
  }

  toString() {
    return this.source;
  }

  // Browsers without JSON.rawJSON send a string, which the service reads as a NUMBER as well.
  toJSON() {
    return JSON.rawJSON ? JSON.rawJSON(this.source) : this.source;
  }
}

/** Gives sign, digits and exponent of a decimal number, or null where the text is none. */
export function decimalParts(text) {
  const match = NUMBER.exec(text.trim());
  if (!match) return null;
  const [, sign, whole = "", fraction = "", onlyFraction = "", power = "0"] = match;
  const after = fraction || onlyFraction;
  const digits = (whole + after).replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  const exponent = kept ? Number(power) - after.length + digits.length - kept.length : 0;
  return { negative: sign === "-" && kept !== "", digits: kept || "0", exponent };
}

/** Says whether a number's text and the double that is made of it are the same number. */
export function isExact(source) {
  const double = Number(source);
  if (!Number.isFinite(double)) return false;
  const read = decimalParts(source);
  const kept = decimalParts(String(double));
  return (
    read.negative === kept.negative &&
    read.digits === kept.digits &&
    read.exponent === kept.exponent
  );
}

/** Says whether a text is a number that fits an Oracle NUMBER. */
export function fitsNumber(text) {
  const parts = decimalParts(text);
  if (!parts) return false;
  const highest = parts.exponent + parts.digits.length - 1;
  return (
    parts.digits.length <= MOST_DIGITS && highest >= LEAST_EXPONENT && highest <= MOST_EXPONENT
  );
}

/** Reads JSON as `JSON.parse` does, but no number loses a digit: such ones are ExactNumbers. */
export function parseExact(text) {
  let marked = false;
  const safe = text.replace(TOKEN, (token, string, colon) => {
    if (colon) return token;
    if (string) return /^"[#\\]/.test(string) ? markedString(string) : token;
    if (isExact(token)) return token;
    marked = true;
    return `"${NUMBER_MARK}${token}"`;
  });
  return marked ? JSON.parse(safe, unmarked) : JSON.parse(text);
}

// So that no string of the text is taken for a number, those that begin alike are marked too.
function markedString(token) {
  const value = JSON.parse(token);
  return value.startsWith("#") ? JSON.stringify(STRING_MARK + value) : token;
}

function unmarked(_name, value) {
  if (typeof value !== "string") return value;
  if (value.startsWith(NUMBER_MARK)) return new ExactNumber(value.slice(NUMBER_MARK.length));
  return value.startsWith(STRING_MARK) ? value.slice(STRING_MARK.length) : value;
}

// Every text of the page, and numbers, dates and lengths as the language writes them.

const language = document.documentElement.lang;
const answer = await fetch(new URL(`${language}.json`, import.meta.url));
const catalogue = await answer.json();

// Of the texts' language, the kind that the browser prefers: en-GB has other dates than en-US.
const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 20 });
const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });

const units = (unit, digits = 0) =>
  new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  });

const DURATIONS = [
  [3600, units("hour")],
  [60, units("minute")],
  [1, units("second")],
];
const TENTHS = units("second", 1);
const MILLISECONDS = units("millisecond");
const BYTES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"].map((unit) => units(unit, 1));

/** Give a text of the catalogue; `{name}` in it stands for a value, numbers are formatted. */
export function t(key, values = {}) {
  const text = catalogue[key];
  if (text === undefined) throw new Error(`there is no text "${key}"`);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? t.number(value) : String(value);
  });
}

t.number = (value) => numbers.format(value);

/** Write a moment (RFC 3339) in the browser's own time zone. */
t.date = (iso) => dates.format(new Date(iso));

/** Write a length of time, given in seconds. */
t.duration = (seconds) => {
  if (seconds > 0 && seconds < 1) return MILLISECONDS.format(Math.round(seconds * 1000));
  if (seconds < 10) return TENTHS.format(seconds);
  let rest = Math.round(seconds);
  const parts = [];
  for (const [length, unit] of DURATIONS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count) parts.push(unit.format(count));
  }
  return parts.slice(0, 2).join(" ");
};

/** Write a number of bytes, in decimal units. */
t.bytes = (count) => {
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), BYTES.length - 1);
  return BYTES[power].format(count / 1000 ** power);
};

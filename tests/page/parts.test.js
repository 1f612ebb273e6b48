// What the page's scripts compute: run by node's own test runner, see test_scripts.py.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nameIn } from "./static/callform.js";
import { csvText } from "./static/csv.js";
import { ExactNumber, decimalParts, fitsNumber, isExact, parseExact } from "./static/exact.js";
import { splitMoment } from "./static/moments.js";
import { inOrder, overloadFor, valuesByName } from "./static/overloads.js";
import { countTicks, durationScale, hourStep } from "./static/scale.js";
import { patternsFor } from "./static/patterns.js";
import { misfit, shapeText } from "./static/shapes.js";
import { SubmissionKeys } from "./static/submission.js";

const DIGITS = "12345678901234567890123456789012345678";

test("numbers that a double holds are numbers, others keep their text", () => {
  const read = parseExact(`{"a": ${DIGITS}, "b": [1, 1.0, 0.1, -0.12345678901234567890, 1e400]}`);
  assert.deepEqual(read, {
    a: new ExactNumber(DIGITS),
    b: [1, 1, 0.1, new ExactNumber("-0.12345678901234567890"), new ExactNumber("1e400")],
  });
});

test("no string is taken for a number, whatever it begins with", () => {
  const value = { "#n1": "#n1", a: ["#s#n2", "#", "\\u0023", ": 12345678901234567890", '"'] };
  const text = JSON.stringify({ ...value, big: 0 }).replace('"big":0', `"big":${DIGITS}`);
  assert.deepEqual(parseExact(text), { ...value, big: new ExactNumber(DIGITS) });
  const escaped = String.raw`["\u0023n7", ${DIGITS}]`;
  assert.deepEqual(parseExact(escaped), ["#n7", new ExactNumber(DIGITS)]);
});

test("what is not JSON is refused", () => {
  for (const text of ["", "{", `0${DIGITS}`, `[${DIGITS} 1]`, "NaN", `-${DIGITS}.`, "'a'"]) {
    assert.throws(() => parseExact(text), SyntaxError, text);
  }
});

test("a double is exact where it is the same number, however it is written", () => {
  for (const text of ["0", "-0.0", "1e3", "1000", "0.1", "100000000000000000000", "1E-130"]) {
    assert.ok(isExact(text), text);
  }
  for (const text of [DIGITS, "0.1000000000000000055", "9007199254740993", "1e400"]) {
    assert.ok(!isExact(text), text);
  }
});

test("a number's parts say how many digits it has", () => {
  assert.deepEqual(decimalParts("-0012.500"), { negative: true, digits: "125", exponent: -1 });
  assert.deepEqual(decimalParts(".5e3"), { negative: false, digits: "5", exponent: 2 });
  assert.deepEqual(decimalParts("-0"), { negative: false, digits: "0", exponent: 0 });
  assert.equal(decimalParts("1,5"), null);
});

test("what fits an Oracle NUMBER", () => {
  for (const text of ["0", "1e125", "1e-130", DIGITS, `-0.${DIGITS}`, `${DIGITS}000`, " 5. "]) {
    assert.ok(fitsNumber(text), text);
  }
  for (const text of ["", "1e126", "1e-131", `${DIGITS}9`, "1,5", "abc", "0x1f", "NaN"]) {
    assert.ok(!fitsNumber(text), text);
  }
});

test("dates are read in the forms of the service", () => {
  const whole = { date: "2025-12-10", time: "08:30:00", fraction: "", zone: "" };
  assert.deepEqual(splitMoment("2025-12-10T08:30"), whole);
  assert.deepEqual(splitMoment("10/12/2025 8:30:00"), whole);
  assert.deepEqual(splitMoment("10-12-2025"), { ...whole, time: "" });
  assert.deepEqual(splitMoment("20251210"), { ...whole, time: "" });
  assert.deepEqual(splitMoment("2025/1/2").date, "2025-01-02");
  assert.deepEqual(splitMoment("2025-12-10T08:30:00.123456000+05:30"), {
    ...whole,
    fraction: "123456",
    zone: "+05:30",
  });
  for (const text of ["", "tomorrow", "2025-12", "2025-12/10"]) {
    assert.equal(splitMoment(text), null, text);
  }
});

test("CSV is quoted where it must be", () => {
  const rows = [
    ["plain", 1, null],
    ["a, b", new ExactNumber(DIGITS), true],
    ['say "hi"', 0.5, false],
    ["two\nlines", { a: [1] }, ""],
  ];
  assert.equal(
    csvText(["X", "Y", "Z"], rows),
    `X,Y,Z\r\nplain,1,\r\n"a, b",${DIGITS},True\r\n"say ""hi""",0.5,False\r\n` +
      '"two\nlines","{""a"":[1]}",\r\n',
  );
});

const RECORDS = {
  type: "T_RECS",
  element: {
    type: "T_REC",
    attributes: { ID: { type: "NUMBER" }, OK: { type: "PL/SQL BOOLEAN" } },
  },
};

test("a composite's shape is told and checked", () => {
  assert.equal(shapeText(RECORDS), '[{"ID": NUMBER, "OK": BOOLEAN}, …]');
  for (const value of [null, [], [null], [{ id: 1 }, { ID: new ExactNumber(DIGITS), ok: null }]]) {
    assert.equal(misfit(RECORDS, value), null);
  }
  assert.deepEqual(misfit(RECORDS, {}), { path: "$", wanted: "array" });
  assert.deepEqual(misfit(RECORDS, [1]), { path: "$[0]", wanted: "object" });
  assert.deepEqual(misfit(RECORDS, [{}, { X: 1 }]), { path: "$[1].X", wanted: "member" });
  assert.deepEqual(misfit(RECORDS, [{ ID: [1] }]), { path: "$[0].ID", wanted: "scalar" });
});

test("values of a job find their overload", () => {
  const parameter = (name, has_default = false, direction = "IN") => ({
    name,
    has_default,
    direction,
  });
  const overloads = [
    { parameters: [parameter("A"), parameter("R", false, "OUT")] },
    { parameters: [parameter("A"), parameter("B", true)] },
    { parameters: [parameter("A"), parameter("C")] },
  ];
  assert.equal(overloadFor(overloads, ["A"]), 0);
  assert.equal(overloadFor(overloads, ["A", "B"]), 1);
  assert.equal(overloadFor(overloads, ["C", "A"]), 2);
  assert.equal(overloadFor(overloads, ["NO"]), 0);
  const listed = [
    { name: "vIn", value: 1 },
    { name: "vNull", value: null, direction: "IN" },
    { name: "vOut", direction: "OUT" },
  ];
  assert.deepEqual(
    [...valuesByName(listed)],
    [
      ["VIN", 1],
      ["VNULL", null],
    ],
  );
  assert.deepEqual([...valuesByName({ a: "x" })], [["A", "x"]]);
  assert.equal(valuesByName(undefined).size, 0);
});

test("by position, what comes out has its place and nothing is left out in between", () => {
  const parameters = [
    { name: "A", direction: "IN" },
    { name: "R", direction: "OUT" },
    { name: "B", direction: "IN", has_default: true },
    { name: "C", direction: "IN", has_default: true },
  ];
  const of = (values) => inOrder(parameters, new Map(Object.entries(values)));
  assert.deepEqual(of({ A: 1 }), { params: { A: 1, R: null }, gap: null });
  assert.deepEqual(of({ B: 2, A: null }), { params: { A: null, R: null, B: 2 }, gap: null });
  assert.deepEqual(Object.keys(of({ B: 2, A: 1 }).params), ["A", "R", "B"]);
  assert.equal(of({ A: 1, C: 3 }).gap, "B");
});

test("what a person types becomes patterns", () => {
  assert.deepEqual(patternsFor("  "), [null]);
  assert.deepEqual(patternsFor("suma"), ["*suma*", "*.*suma*"]);
  assert.deepEqual(patternsFor("PKG_ETL."), ["PKG_ETL.*"]);
  assert.deepEqual(patternsFor("S*"), ["S*"]);
});

test("a pointer leads to a parameter's name", () => {
  assert.equal(nameIn("/params/p_date"), "P_DATE");
  assert.equal(nameIn("/params/A~1B~0/x"), "A/B~");
  assert.equal(nameIn("/params"), null);
  assert.equal(nameIn("/name"), null);
});

test("a filled form has one key until it changes", () => {
  const keys = new SubmissionKeys();
  const first = keys.keyFor("a");
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.equal(keys.keyFor("a"), first);
  assert.notEqual(keys.keyFor("b"), first);
});

test("ticks of counts are whole, few, and reach the greatest", () => {
  assert.deepEqual(countTicks(0), [0, 1]);
  assert.deepEqual(countTicks(3), [0, 1, 2, 3]);
  assert.deepEqual(countTicks(12), [0, 5, 10, 15]);
  for (const greatest of [1, 7, 99, 100, 101, 12_345]) {
    const ticks = countTicks(greatest);
    assert.ok(ticks.at(-1) >= greatest && ticks.length <= 6, String(ticks));
    assert.ok(ticks.every(Number.isInteger));
  }
});

test("a scale of durations is linear where they are alike, else logarithmic", () => {
  const linear = durationScale(2, 9, 400, 5);
  assert.ok(!linear.isLog);
  assert.deepEqual(linear.ticks, [0, 2, 4, 6, 8, 10]);
  assert.equal(linear.at(5), 200);
  const log = durationScale(0.02, 600, 400, 10);
  assert.ok(log.isLog);
  assert.equal(log.ticks[0], 0.01);
  assert.ok(log.ticks.at(-1) >= 600);
  assert.equal(log.at(0.01), 0);
  assert.ok(Math.abs(log.at(log.ticks.at(-1)) - 400) < 1e-9);
});

test("every duration has a place within the scale, longer ones further on", () => {
  for (const [low, high] of [
    [0, 0],
    [0, 1e-6],
    [0.3, 0.3],
    [1, 49],
    [0.001, 1e7],
    [5, 9e6],
    [86400, 1e6],
  ]) {
    for (const most of [2, 6]) {
      const scale = durationScale(low, high, 300, most);
      const places = [low, (low + high) / 2, high].map(scale.at);
      assert.ok(
        places.every((x) => x >= 0 && x <= 300 + 1e-9),
        `${low} ${high}: ${places}`,
      );
      assert.ok(places[0] <= places[1] && places[1] <= places[2]);
      assert.ok(scale.ticks.length >= 1 && scale.ticks.length <= most + 1, String(scale.ticks));
    }
  }
});

test("hours are labelled as far as there is room", () => {
  assert.equal(hourStep(24, 24), 1);
  assert.equal(hourStep(24, 8), 3);
  assert.equal(hourStep(24, 5), 6);
  assert.equal(hourStep(720, 10), 72);
});

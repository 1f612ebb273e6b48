// Reads a JSON list of scripts, and prints one of lists: where each is not PL/SQL to the grammar of
// the ANTLR project.

const { readFileSync } = require("node:fs");

const { CharStreams, CommonTokenStream } = require("antlr4ts");
// Its index loads parts of antlr4ts in an order that this version of it does not bear.
const { CaseChangingStream } = require("antlr4ts-sql/dist/src/models/CaseChangingStream");
const { PlSqlLexer } = require("antlr4ts-sql/dist/src/grammar-output/plsql/PlSqlLexer");
const { PlSqlParser } = require("antlr4ts-sql/dist/src/grammar-output/plsql/PlSqlParser");

function errorsOf(script) {
  const errors = [];
  const listener = {
    syntaxError: (recognizer, symbol, line, column, message) =>
      errors.push(`${line}:${column} ${message}`),
  };
  const lexer = new PlSqlLexer(new CaseChangingStream(CharStreams.fromString(script), true));
  const parser = new PlSqlParser(new CommonTokenStream(lexer));
  for (const recognizer of [lexer, parser]) {
    recognizer.removeErrorListeners();
    recognizer.addErrorListener(listener);
  }
  parser.sql_script();
  return errors;
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(errorsOf)));

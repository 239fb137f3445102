// Microsoft's own KQL parser and binder over many texts.
// stdin:  {"schema": {table: {column: type}}, "texts": {name: text}}
// stdout: {name: {"diagnostics": [{severity, code, message, line, column}], "columns": [[name, type]] | null}}
'use strict';
const fs = require('fs');
const path = require('path');

const folder = path.dirname(require.resolve('@kusto/language-service-next'));
require(path.join(folder, 'bridge.min.js'));
require(path.join(folder, 'Kusto.Language.Bridge.min.js')); // defines the globals Bridge and Kusto
const { KustoCode, GlobalState, Symbols } = globalThis.Kusto.Language;
const list = (items) => globalThis.Bridge.toArray(items);

function table([name, columns]) {
  const declared = Object.entries(columns).map(([column, type]) => `['${column}']: ${type}`);
  return new Symbols.TableSymbol.$ctor7(name, `(${declared.join(', ')})`, null);
}

// workspace('x').Table exists in Log Analytics only; blanks of equal length keep every position right
function withoutWorkspace(text) {
  return text.replace(/\bworkspace\(\s*(['"])[^'"]*\1\s*\)\s*\./g, (call) => ' '.repeat(call.length));
}

function diagnostic(found, text) {
  const lines = text.slice(0, found.Start).split('\n');
  const place = { line: lines.length, column: lines[lines.length - 1].length + 1 };
  return { severity: found.Severity, code: found.Code, message: found.Message, ...place };
}

function checked(text, globals) {
  const code = KustoCode.ParseAndAnalyze(withoutWorkspace(text), globals);
  const result = code.ResultType;
  return {
    diagnostics: list(code.GetDiagnostics()).map((found) => diagnostic(found, text)),
    columns: result && result.Columns ? list(result.Columns).map((each) => [each.Name, each.Type.Name]) : null,
  };
}

const { schema, texts } = JSON.parse(fs.readFileSync(0, 'utf8'));
const database = new Symbols.DatabaseSymbol.ctor('LogAnalytics', Object.entries(schema).map(table));
const globals = GlobalState.Default.WithDatabase(database);
const answer = Object.entries(texts).map(([name, text]) => [name, checked(text, globals)]);
process.stdout.write(JSON.stringify(Object.fromEntries(answer)));

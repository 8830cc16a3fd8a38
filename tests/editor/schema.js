// schema.js SCHEMA VERDICTS BEYOND: holds the schema's verdict on each line of VERDICTS against the loader's. BEYOND
// lists the specs that the loader alone refuses. YAML is read as editors do, by the core schema of YAML 1.2.
'use strict';
const fs = require('fs');
const YAML = require('yaml');
const Ajv = require('ajv');

const [schemaFile, verdictsFile, beyondFile] = process.argv.slice(2);
const lines = (file) => fs.readFileSync(file, 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('#'));

const ajv = new Ajv({strict: true, strictTypes: false, allowUnionTypes: true});
ajv.addKeyword('patternErrorMessage'); // the language server's own
const valid = ajv.compile(JSON.parse(fs.readFileSync(schemaFile, 'utf8')));
const beyond = new Set(lines(beyondFile));
const unused = new Set(beyond);

function taken(text) {
  const documents = YAML.parseAllDocuments(text, {version: '1.2', schema: 'core', stringKeys: true});
  if (documents.length !== 1 || documents[0].errors.length !== 0) return false;
  let value;
  try {
    value = documents[0].toJS();
  } catch {
    return false; // an alias of nothing
  }
  return valid(value);
}

let same = 0, refused = 0, failed = false;
function fail(text) {
  failed = true;
  console.log(`not ok - ${text}`);
}
for (const line of lines(verdictsFile)) {
  const {what, text, taken: byLoader} = JSON.parse(line);
  const bySchema = taken(text);
  if (beyond.has(what)) {
    unused.delete(what);
    if (!bySchema) fail(`${what} is refused by the schema: ${ajv.errorsText(valid.errors)}`);
    if (byLoader) fail(`${what} is taken by the loader: it is no longer beyond a schema`);
  } else if (byLoader !== bySchema) {
    fail(`taken by the ${byLoader ? 'loader' : 'schema'} alone: ${what === text ? '\n' : ''}${what}`);
  } else {
    same++;
    if (!bySchema) refused++;
  }
}
for (const what of unused) fail(`${what}: no such spec`);
console.log(`${same} texts, of which loader and schema refuse the same ${refused}; ${beyond.size} are beyond a schema`);
process.exitCode = failed ? 1 : 0;

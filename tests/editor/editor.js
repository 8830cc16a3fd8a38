// editor.js FOLDER: opens specs of the source tree FOLDER in the YAML language server, over its standard input and output.
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const {pathToFileURL} = require('url');
const {spawn} = require('child_process');
const rpc = require('vscode-jsonrpc/node');

const root = path.resolve(process.argv[2]);
const bin = path.join(process.env.NODE_PATH, 'yaml-language-server/bin/yaml-language-server');
const server = spawn(process.execPath, [bin, '--stdio'], {stdio: ['pipe', 'pipe', 'inherit']});
const connection = rpc.createMessageConnection(new rpc.StreamMessageReader(server.stdout),
                                               new rpc.StreamMessageWriter(server.stdin));
const settings = {yaml: {validate: true, hover: true, completion: true, schemaStore: {enable: false}, format: {enable: false}}};
connection.onRequest('workspace/configuration', ({items}) => items.map(({section}) => settings[section] ?? null));
connection.onRequest('client/registerCapability', () => null);

// what was said last of each text, and who waits for it
const waiting = new Map();
connection.onNotification('textDocument/publishDiagnostics', ({uri, diagnostics}) => waiting.get(uri)?.(diagnostics));

let count = 0;
// Opens `text` as a spec of that name, which need not be on the disk; answers with what the server says of it.
async function open(name, text) {
  const uri = pathToFileURL(path.join(root, 'specs', name)).href;
  const said = new Promise((resolve) => waiting.set(uri, resolve));
  await connection.sendNotification('textDocument/didOpen', {textDocument: {uri, languageId: 'yaml', version: 1, text}});
  return {uri, diagnostics: await said};
}
// The place of the first `word` in `text`, or of what follows it.
function place(text, word, after = false) {
  const before = text.slice(0, text.indexOf(word) + (after ? word.length : 0)).split('\n');
  return {line: before.length - 1, character: before[before.length - 1].length};
}
const textOf = (documentation) => documentation?.value ?? documentation ?? '';
async function test(name, body) {
  await body();
  count++;
  console.log(`ok - ${name}`);
}

async function main() {
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: process.pid, rootUri: pathToFileURL(root).href,
    capabilities: {
      workspace: {configuration: true},
      textDocument: {completion: {completionItem: {documentationFormat: ['markdown', 'plaintext']}}, hover: {contentFormat: ['markdown']}},
    },
  });
  await connection.sendNotification('initialized', {});
  await connection.sendNotification('workspace/didChangeConfiguration', {settings});

  const schema = JSON.parse(fs.readFileSync(path.join(root, 'docs/spec.schema.json'), 'utf8'));
  const image = schema.properties.images.additionalProperties.properties;
  const gateway = fs.readFileSync(path.join(root, 'specs/gateway.yaml'), 'utf8');
  const head = gateway.slice(0, gateway.indexOf('\n') + 1);

  for (const name of fs.readdirSync(path.join(root, 'specs')).filter((file) => file.endsWith('.yaml')))
    await test(`${name} has no faults`, async () => {
      const text = fs.readFileSync(path.join(root, 'specs', name), 'utf8');
      assert.ok(text.startsWith(head), `${name} does not start with ${head}`);
      assert.deepStrictEqual((await open(name, text)).diagnostics, []);
    });

  await test('the keys of an image are offered, with their descriptions', async () => {
    const text = `${head}images:\n  gateway:\n    `;
    const {uri} = await open('completion.yaml', text);
    const {items} = await connection.sendRequest('textDocument/completion',
                                                 {textDocument: {uri}, position: place(text, '    ', true)});
    for (const [key, {description}] of Object.entries(image)) {
      const item = items.find(({label}) => label === key);
      assert.ok(item, `no ${key} among ${items.map(({label}) => label)}`);
      assert.ok(textOf(item.documentation).includes(description), `${key}: ${textOf(item.documentation)}`);
    }
  });

  await test('the values of a choice are offered', async () => {
    const text = `${head}images:\n  gateway:\n    pull: `;
    const {uri} = await open('choice.yaml', text);
    const {items} = await connection.sendRequest('textDocument/completion',
                                                 {textDocument: {uri}, position: place(text, 'pull: ', true)});
    const labels = items.map(({label}) => label);
    for (const value of ['missing', 'always', 'newer', 'never']) assert.ok(labels.includes(value), `${value}: ${labels}`);
  });

  await test('a key under the pointer is described', async () => {
    const {uri} = await open('hover.yaml', gateway);
    const hover = await connection.sendRequest('textDocument/hover',
                                               {textDocument: {uri}, position: place(gateway, 'containerfile')});
    const said = textOf(hover?.contents).replace(/\\(.)|&nbsp;/g, '$1');
    assert.ok(said.includes(image.containerfile.description), said);
    assert.ok(said.includes('api/Containerfile'), `no example: ${said}`);
  });

  await test('an unknown key is an error where it stands', async () => {
    const text = gateway.replace('containerfile:', 'contianerfile:');
    const {diagnostics} = await open('unknown.yaml', text);
    assert.deepStrictEqual(diagnostics.map(({severity, message, range}) => ({severity, message, start: range.start})),
                           [{severity: 1, message: 'Property contianerfile is not allowed.', start: place(text, 'contianerfile')}]);
  });

  await test('a bad value is an error where it stands, and told in words', async () => {
    const text = gateway.replace('expected: 10s', 'expected: 10 seconds');
    const {diagnostics} = await open('value.yaml', text);
    assert.deepStrictEqual(diagnostics.map(({severity, message, range}) => ({severity, message, start: range.start})),
                           [{severity: 1, message: image.expected.patternErrorMessage, start: place(text, '10 seconds')}]);
  });
}

const late = setTimeout(() => { throw new Error('the language server does not answer'); }, 60000);
main().then(() => console.log(`${count} checks`), (error) => { console.log(`not ok - ${error.message}`); process.exitCode = 1; })
    .finally(() => { clearTimeout(late); connection.dispose(); server.kill(); });

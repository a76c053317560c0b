import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from './json-schema.ts';
import { load, outputTypes, parts, problems, settings, sourceTypes } from './test-settings.ts';

const schema = jsonSchema({ sourceTypes, outputTypes });
// `patternErrorMessage` is for editors: draft-07 lets a validator ignore what it does not know, and Ajv's
// strict mode wants to be told.
const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true }).addVocabulary(['patternErrorMessage']);
const validate = ajv.compile(schema);
const fits = (text: string) => validate(parse(text, { merge: true }));
const webhook = (keys: string) => settings({ outputs: `outputs: [{ name: out, type: webhook, ${keys} }]` });
const VARIABLES = `
outputs:
  - name: out
    type: webhook
    url: \${U}
    verbose: \${V}
    sampleRate: \${R}
    retry:
      attempts: \${A}`;

describe('the JSON Schema', () => {
  it.each([
    ['the smallest settings', settings()],
    ['Redis from the environment', settings({ redis: '' })],
    ['every section, empty', settings({ more: 'log: {}\ningress: {}\nworker: {}\ndedupe: {}' })],
    ['numbers', settings({ more: 'ingress: { port: 0, bodyLimit: 2MiB }\nworker: { concurrency: 3 }' })],
    ['variables', settings({ more: 'ingress:\n  port: ${P}\n  bodyLimit: ${B:-1MiB}\nlog:\n  level: ${L}' })],
    ['variables of a type', settings({ outputs: VARIABLES })],
    ['secret files', webhook('urlFile: a, signingSecretFile: b, headersFile: c')],
    ['a union', webhook('url: http://x, auth: { user: a, passwordFile: b }')],
    ['several patterns', settings({ routes: 'routes: [{ match: [a, b], to: [out] }]' })],
    ['a route that drops', settings({ routes: 'routes: [{ match: a, drop: no orders }]' })],
    ['one pattern', settings({ routes: 'routes: [{ match: a, when: "true", to: [out] }]' })],
  ])('takes %s', (_what, text) => {
    fits(text);
    expect(validate.errors).toBeNull();
    const env = { P: '1', B: '2KiB', L: 'info', U: 'http://x', V: 'true', R: '0', A: '1', REDIS_URL: 'redis://x' };
    const files = { a: 'http://a', b: 'b', c: 'c: d' };
    expect(() => load(text, { env, files })).not.toThrow();
  });

  it.each([
    ['an unknown section', settings({ more: 'ingres: {}' })],
    ['an unknown key', settings({ more: 'log: { colour: red }' })],
    ['an unknown type', settings({ outputs: 'outputs: [{ name: out, type: x }]' })],
    ['no type', settings({ outputs: 'outputs: [{ name: out }]' })],
    ['no name', settings({ outputs: 'outputs: [{ type: stdout }]', routes: 'routes: []' })],
    ['a key of another type', settings({ outputs: 'outputs: [{ name: out, type: stdout, url: http://x }]' })],
    ['a text for a number', settings({ more: 'ingress: { port: "80" }' })],
    ['a number out of range', settings({ more: 'ingress: { port: 65536 }' })],
    ['a duration without a unit', webhook('url: http://x, timeout: 5')],
    ['no secret', webhook('verbose: true')],
    ['a secret in both ways', webhook('url: http://x, urlFile: a')],
    ['an optional secret in both ways', webhook('url: http://x, signingSecret: s, signingSecretFile: a')],
    ['no sources', settings({ sources: '' })],
    ['an empty list of sources', settings({ sources: 'sources: []' })],
    ['no routes', settings({ routes: '' })],
    ['a route to nowhere', settings({ routes: 'routes: [{ match: a }]' })],
    ['a route that delivers and drops', settings({ routes: 'routes: [{ to: [out], drop: why }]' })],
  ])('refuses %s, as the loader does', (_what, text) => {
    expect(fits(text)).toBe(false);
    expect(problems(text, { files: { a: 'http://a' } })).not.toEqual([]);
  });

  it('says nothing of our own keywords, and names every part', () => {
    expect(JSON.stringify(schema)).not.toMatch(/"x-|"~/);
    expect(schema).toMatchObject({ properties: Object.fromEntries(Object.keys(parts).map((key) => [key, {}])) });
    expect(schema).toMatchObject({ properties: { ingress: { properties: { port: { default: 8080 } } } } });
  });
});

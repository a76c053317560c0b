import { describe, expect, it } from 'vitest';
import { encryptsAs, ingressParts, partsAtOnce, workerParts } from './settings-parts.ts';
import { load, settings } from './test-settings.ts';

const OUTPUTS =
  "outputs: [{ name: out, type: webhook, url: 'https://example.com/T0KEN', signingSecret: hush }, { name: log, type: stdout }]";
const worker = (over: Parameters<typeof settings>[0] = {}) =>
  partsAtOnce(workerParts(load(settings({ outputs: OUTPUTS, ...over }))));
const ingress = (over: Parameters<typeof settings>[0] = {}) => partsAtOnce(ingressParts(load(settings(over))));

/** Names of the parts that are not the same in both. */
const changed = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]).toSorted();

describe('the parts of the settings', () => {
  it('are named after what stands in them', () => {
    const routes = "routes: [{ to: [out] }, { match: 'a.*', when: 'data.x == 1', to: [log, out] }, { to: [out] }]";
    expect(Object.keys(worker({ routes }))).toEqual([
      'output out',
      'output log',
      'route * → out',
      'route a.* with a condition → log, out',
      'route * → out #2',
      'dedupe',
      'quarantine',
      'secrets and URLs of all outputs together',
    ]);
    expect(Object.keys(ingress())).toEqual(['source callbot', 'quarantine', 'secrets of sources']);
  });

  it('are the same for the same settings in other words', () => {
    const otherOrder =
      "outputs: [{ type: webhook, signingSecret: hush, url: 'https://example.com/T0KEN', name: out, timeout: 10000ms }, { type: stdout, name: log }]";
    expect(worker({ outputs: otherOrder, more: 'log: { level: debug }' })).toEqual(worker());
  });

  it.each([
    ['a timeout', { outputs: OUTPUTS.replace('hush', 'hush, timeout: 3s') }, ['output out']],
    [
      'a type',
      { outputs: OUTPUTS.replace('name: log, type: stdout', "name: log, type: webhook, url: 'https://a.b'") },
      ['output log', 'secrets and URLs of all outputs together'],
    ],
    ['a URL', { outputs: OUTPUTS.replace('T0KEN', 'T1KEN') }, ['secrets and URLs of all outputs together']],
    ['a secret', { outputs: OUTPUTS.replace('hush', 'hash') }, ['secrets and URLs of all outputs together']],
    ['the window', { more: 'dedupe: { window: 1h }' }, ['dedupe']],
    ['the history', { more: 'history: { store: sqlite, path: a.sqlite }' }, ['history']],
    [
      'the place of the history',
      { more: 'history: { store: postgres, url: "postgres://h/db" }' },
      ['URL and keys of the history', 'history'],
    ],
    [
      'what the ingress alone uses',
      { sources: "sources: [{ name: callbot, type: callbot, accounts: [{ uuid: other, secrets: ['x'] }] }]" },
      [],
    ],
  ])('tell a change of %s', (_name, over, names) => expect(changed(worker(), worker(over))).toEqual(names));

  it('tell a change of an account, and of its secrets, to an ingress', () => {
    const accounts = (uuid: string, secret: string) => ({
      sources: `sources: [{ name: callbot, type: callbot, accounts: [{ uuid: ${uuid}, secrets: ['${secret}'] }] }]`,
    });
    expect(changed(ingress(), ingress(accounts('other', 'hush')))).toEqual(['source callbot']);
    expect(changed(ingress(), ingress(accounts('acc', 'hash')))).toEqual(['secrets of sources']);
    expect(changed(ingress(), ingress({ outputs: OUTPUTS }))).toEqual([]);
  });

  it('tell worker and ingress alike which keys encrypt bodies, in which order, and whether they do', () => {
    const [one, two] = ['1', '2'].map((digit) => digit.repeat(64));
    const encrypt = (keys: readonly (string | undefined)[], more = '') => ({
      more: `privacy: { encrypt: { keys: [${keys.map((key) => `{ key: '${key}' }`).join(', ')}]${more} } }`,
    });
    const [settingsPart, keysPart] = ['privacy.encrypt', 'keys of privacy.encrypt'];
    const [before, swapped, off] = [encrypt([one, two]), encrypt([two, one]), encrypt([one, two], ', active: false')];
    const parts = worker(before);
    expect(changed(worker(), parts)).toEqual([keysPart, settingsPart]);
    expect(changed(parts, worker(swapped))).toEqual([keysPart]);
    expect(changed(parts, worker(encrypt([one])))).toEqual([keysPart, settingsPart]);
    expect(changed(parts, worker(off))).toEqual([settingsPart]);
    expect(JSON.stringify(parts)).not.toMatch(/111|222/);
    const isSame = encryptsAs(load(settings(before)));
    expect([parts, ingress(before), ingress(swapped), ingress()].map(isSame)).toEqual([true, true, false, false]);
  });

  it('tell a change of the history to worker and ingress, with its URL', () => {
    const history = (url: string, keep: string) => ({ more: `history: { store: postgres, url: '${url}', keep: ${keep} }` });
    const before = history('postgres://u:hush@h/db', '30d');
    for (const parts of [worker, ingress]) {
      expect(changed(parts(before), parts(history('postgres://u:hush@h/db', '31d')))).toEqual(['history']);
      expect(changed(parts(before), parts(history('postgres://u:hash@h/db', '30d')))).toEqual(['URL and keys of the history']);
      expect(JSON.stringify(parts(before))).not.toMatch(/hush|postgres:/);
    }
  });

  it('give no secret away: 16 bits of a hash over all of them are all that is said', () => {
    const text = JSON.stringify(worker());
    for (const secret of ['T0KEN', 'hush', 'example.com']) expect(text).not.toContain(secret);
    expect(worker()['secrets and URLs of all outputs together']).toMatch(/^[0-9a-f]{4}$/);
    // The other digests do not depend on any of them.
    expect(changed(worker({ outputs: OUTPUTS.replace('hush', 'a').replace('T0KEN', 'b') }), worker())).toEqual([
      'secrets and URLs of all outputs together',
    ]);
  });
});

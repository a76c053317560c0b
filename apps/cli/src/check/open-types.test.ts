import { describe, expect, it } from 'vitest';
import { testFile } from '../run-cli.ts';
import { check } from './check.ts';

describe('a source whose types are not known beforehand', () => {
  const hmac =
    'sources: [{ name: voice, type: callbot, accounts: [{ uuid: acc, secrets: [hush] }] }, { name: shop, type: hmac, path: /s, secrets: [hush-hush-hush-hush], signature: { header: x } }]';
  async function warningsOf(routes: string): Promise<string[]> {
    const path = await testFile('ringback.yaml', `${hmac}\noutputs: [{ name: crm, type: stdout }]\nroutes: ${routes}\n`);
    const err: string[] = [];
    check({ path, env: {}, strict: false, terminal: { out: () => {}, err: (line: string) => void err.push(line) } });
    return err.map((line) => line.replace(path, 'FILE'));
  }

  it('may give any type of its name, with any body', async () => {
    for (const match of ['shop.orders.create', 'shop.*', '*']) {
      expect(
        await warningsOf(`[{ match: '${match}', when: data.total > 3, to: [crm] }, { match: callbot.order, drop: no orders }]`),
      ).toEqual([]);
    }
  });

  it('is named where a pattern is mistyped, and its name is looked at in conditions', async () => {
    expect(await warningsOf('[{ match: shp.*, to: [crm] }]')).toEqual([
      expect.stringMatching(/fits "shp\.\*"; did you mean shop\.\*\?/),
    ]);
    expect(await warningsOf(`[{ match: shop.*, when: source == "shp", to: [crm] }, { match: callbot.*, to: [crm] }]`)).toEqual([
      expect.stringContaining('no source is called "shp"'),
    ]);
  });

  it('is named where no route takes any of its callbacks, and so is a source that is not signed', async () => {
    expect(await warningsOf('[{ match: callbot.*, to: [crm] }]')).toEqual([
      expect.stringMatching(/sources\[1\]\.name: no route takes callbacks of shop/),
    ]);
    expect(await warningsOf('[{ match: [callbot.*, shop], to: [crm] }]')).toEqual([
      expect.stringMatching(/no source gives a type that fits "shop"; did you mean shop\.\*/),
    ]);
    const path = await testFile(
      'ringback.yaml',
      'sources: [{ name: nx, type: nxlink, accounts: [{ accessKey: k, signed: false }] }]\noutputs: [{ name: crm, type: stdout }]\nroutes: [{ to: [crm] }]\n',
    );
    const err: string[] = [];
    check({ path, env: {}, strict: false, terminal: { out: () => {}, err: (line: string) => void err.push(line) } });
    expect(err).toEqual([expect.stringMatching(/:1:48 sources\[0\]\.accounts\[0\]: is not signed: .* set allowFrom/)]);
  });
});

import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { homeShardOf } from '@ringback/contracts';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { runCli, testFile } from '../run-cli.ts';

const ACCOUNT = '{ uuid: u, secrets: [s3cret-value] }';
const yaml = ({ source = '', url = 'https://example.com/hook', route = 'to: [crm]' } = {}) => `
sources: [{ name: callbot, type: callbot, accounts: [${ACCOUNT}] ${source} }]
outputs: [{ name: crm, type: webhook, url: '${url}' }]
routes: [{ ${route} }]
`;

describe('check', () => {
  it('finds the shipped example fine, with no Redis anywhere', async () => {
    const { code, out, err } = await runCli(['check', 'ringback.example.yaml']);
    expect({ code, out, err }).toEqual({ code: 0, out: 'ringback.example.yaml is fine: 1 source, 1 output, 1 route\n', err: '' });
  });

  it('finds the shipped example fine with the output crm and its route uncommented, as the README says', async () => {
    const example = readFileSync(new URL('../../../../ringback.example.yaml', import.meta.url), 'utf8');
    const crm = example.replace(/^ {2}# (- name: crm|  type: webhook|  url: http:.*|- to: \[crm\])$/gm, '  $1');
    const { code, out } = await runCli(['check', '--strict', await testFile('ringback.yaml', crm)]);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/ is fine: 1 source, 2 outputs, 2 routes\n$/) });
  });

  it('says how many shards there are, and what a worker that serves some of them leaves to others', async () => {
    const cluster = 'redis: { cluster: { nodes: ["127.0.0.1:1"] }, shards: 4 }';
    const outputs = 'outputs: [{ name: slow, type: stdout, rateLimit: { max: 1, per: 1s } }, ';
    const rest = yaml({ route: 'to: [crm, slow]' }).replace('outputs: [', outputs);
    async function linesOf(worker: string): Promise<string[]> {
      const path = await testFile('ringback.yaml', `${cluster}\n${worker}${rest}`);
      const lines: string[] = [];
      const terminal = { out: (line: string) => void lines.push(line), err: (line: string) => void lines.push(line) };
      expect(check({ path, env: {}, strict: true, terminal })).toBe(true);
      return lines;
    }
    const fine = expect.stringMatching(/ is fine: 1 source, 2 outputs, 1 route, 4 shards$/);
    expect(await linesOf('')).toEqual([fine]);
    const home = homeShardOf('slow', 4);
    const served = (home + 1) % 4;
    const others = [0, 1, 2, 3].filter((shard) => shard !== served);
    expect(await linesOf(`worker: { shards: [${served}] }`)).toEqual([
      `note: other workers must serve shards ${others.join(', ')} of 4`,
      `note: a worker with these settings delivers nothing to slow: its rate limit counts on shard ${home}`,
      fine,
    ]);
  });

  it('finds the file that RINGBACK_CONFIG names', async () => {
    const file = await testFile('mine.yaml', yaml());
    const { code, out } = await runCli(['check'], { env: { RINGBACK_CONFIG: file } });
    expect({ code, out }).toEqual({ code: 0, out: `${file} is fine: 1 source, 1 output, 1 route\n` });
  });

  it('finds ringback.yaml in the folder where it runs', async () => {
    const file = await testFile('ringback.yaml', yaml());
    const { code, out } = await runCli(['check'], { cwd: dirname(file) });
    expect({ code, out }).toEqual({ code: 0, out: 'ringback.yaml is fine: 1 source, 1 output, 1 route\n' });
  });

  it.each([
    ['an unknown key', yaml({ source: ', colour: red' }), 'colour'],
    ['a condition that is not CEL', yaml({ route: "when: 'data.(', to: [crm]" }), 'when'],
    ['an unknown output', yaml({ route: 'to: [nobody]' }), 'nobody'],
    ['what only the source itself refuses', yaml({ source: ', paths: { task: /x, call: /x }' }), '/x'],
    [
      'what the settings of a source come to together',
      yaml().replace(
        'sources: [',
        'sources: [{ name: h, type: hmac, path: /h, secrets: [s], signature: { header: x, signs: "{id}.{body}" } }, ',
      ),
      'sources[0].signature.signs: has {id}, and there is no id with a header',
    ],
    [
      'a source whose types would be those of another one',
      yaml().replace(
        'sources: [{ name: callbot,',
        'sources: [{ name: callbot, type: hmac, path: /h, secrets: [s], signature: { header: x } }, { name: voice,',
      ),
      'sources[0].name: is the first word of the types of source voice; choose another name',
    ],
    ['what only the output itself refuses', yaml({ url: 'https://[::' }), 'crm'],
  ])('names %s, and exits 1', async (_name, content, named) => {
    const { code, out, err } = await runCli(['check', await testFile('ringback.yaml', content)]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^RB_CONFIG_INVALID: /);
    expect(err).toContain(named);
    expect(err).toMatch(/ringback\.yaml:\d+:\d+ /);
    expect(err).not.toContain('s3cret-value');
    expect(err).not.toContain('    at ');
  });

  it('says which file it cannot read', async () => {
    const { code, err } = await runCli(['check', 'nowhere.yaml']);
    expect(code).toBe(1);
    expect(err).toMatch(/^RB_CONFIG_UNREADABLE: .*nowhere\.yaml/);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../run-cli.ts';
import { schemaText } from './schema.ts';

describe('the published JSON Schema', () => {
  it('is the one that the code makes (if not: npm run ringback -- schema --write)', () => {
    expect(readFileSync(new URL('../../../../ringback.schema.json', import.meta.url), 'utf8')).toBe(schemaText());
  });

  it('is printed by the command', async () => {
    expect(await runCli(['schema'])).toEqual({ code: 0, out: schemaText(), err: '' });
  });

  it('is written into the working folder', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'ringback-schema-'));
    onTestFinished(() => rmSync(cwd, { recursive: true }));
    expect(await runCli(['schema', '--write'], { cwd })).toEqual({ code: 0, out: 'wrote ringback.schema.json\n', err: '' });
    expect(readFileSync(join(cwd, 'ringback.schema.json'), 'utf8')).toBe(schemaText());
  });

  it('knows the callbot source, and the outputs', () => {
    for (const word of ['callbot', 'webhook', 'slack', 'stdout', 'secrets', 'signingSecret'])
      expect(schemaText()).toContain(`"${word}"`);
  });
});

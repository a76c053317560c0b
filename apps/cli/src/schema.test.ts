import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';
import { SCHEMA_FILE, schemaText } from './schema.ts';

describe('the published JSON Schema', () => {
  it('is the one that the code makes (if not: npm run ringback -- schema --write)', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText());
  });

  it('is printed by the command', async () => {
    expect(await runCli(['schema'])).toEqual({ code: 0, out: schemaText(), err: '' });
  });

  it('knows the callbot source, and the outputs', () => {
    for (const word of ['callbot', 'webhook', 'slack', 'stdout', 'secrets', 'signingSecret'])
      expect(schemaText()).toContain(`"${word}"`);
  });
});

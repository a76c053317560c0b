import { writeFileSync } from 'node:fs';
import { jsonSchema } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { sourceTypes } from '@ringback/sources';
import type { Terminal } from '../terminal/terminal.ts';

/** In the working folder, beside the settings: their first line names it, for editors. */
const SCHEMA_FILE = 'ringback.schema.json';

export function schemaText(): string {
  return `${JSON.stringify(jsonSchema({ sourceTypes, outputTypes }), null, 2)}\n`;
}

export function schema({ write, terminal }: { write: boolean; terminal: Terminal }): void {
  if (!write) {
    terminal.out(schemaText().trimEnd());
    return;
  }
  writeFileSync(SCHEMA_FILE, schemaText());
  terminal.out(`wrote ${SCHEMA_FILE}`);
}

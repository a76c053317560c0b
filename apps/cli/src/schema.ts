import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from '@ringback/config';
import { outputTypes } from '@ringback/outputs';
import { sourceTypes } from '@ringback/sources';
import type { Terminal } from './terminal.ts';

/** The published schema, at the root of the project. */
export const SCHEMA_FILE = fileURLToPath(new URL('../../../ringback.schema.json', import.meta.url));

/** The JSON Schema of the settings as text, for completion in editors. */
export function schemaText(): string {
  return `${JSON.stringify(jsonSchema({ sourceTypes, outputTypes }), null, 2)}\n`;
}

/** Prints the schema, or writes it to `SCHEMA_FILE`. */
export function schema({ write, terminal }: { write: boolean; terminal: Terminal }): void {
  if (!write) {
    terminal.out(schemaText().trimEnd());
    return;
  }
  writeFileSync(SCHEMA_FILE, schemaText());
  terminal.out(`wrote ${SCHEMA_FILE}`);
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '@ringback/observability';

/** The part of CHANGELOG.md about this version, without its heading; undefined: there is none. */
export function notesOf(changelog: string, version: string): string | undefined {
  const parts = changelog.split(/^## /m).slice(1);
  const found = parts.find((part) => part.split(/\s/, 1)[0]?.replace(/[[\]]/g, '') === version);
  return found?.slice(found.indexOf('\n')).trim();
}

/** What speaks against a release under this tag; empty: nothing does. */
export function problemsOf({ root, tag }: { root: string; tag: string }): string[] {
  const problems: string[] = [];
  if (tag !== `v${VERSION}`) problems.push(`the tag is ${tag}, and package.json says ${VERSION}: the tag must be v${VERSION}`);
  const notes = notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), VERSION);
  if (!notes) problems.push(`CHANGELOG.md has no heading "## ${VERSION}" with notes: rename "## Unreleased"`);
  return problems;
}

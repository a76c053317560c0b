import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERROR_CODES } from '@ringback/contracts';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { documentedLines } from './documented-lines.ts';
import { promtool } from './promtool.ts';
import { CHANGES, type Expected, LOOKS, RELOAD } from './runbook-commands.ts';
import { anchorOf, codeOfKind, metricsIn, readDocs, sections } from './runbook-page.ts';
import { createRunbookWorld, SOON } from './runbook-world.ts';

const messages = documentedLines.map(({ message }) => message);
const queries = codeOfKind('promql', messages);

describe('the sections of the runbook', () => {
  it.each(sections)('$title: what it means, how to confirm it, what to do, what not to do', ({ text }) => {
    const parts = [...text.matchAll(/^- \*\*([\w ]+?)(?::\*\*|\*\*,)/gm)].map(([, part]) => part);
    expect(parts.filter((part) => part !== 'Codes')).toEqual(['Means', 'Confirm', 'Do', 'Do not']);
  });

  it('each error code has its place in one, and errors.md leads there', () => {
    const listed = sections.flatMap(({ codes, anchor }) => codes.map((code) => [code, `runbook.md#${anchor}`]));
    expect(listed.map(([code = '']) => code).toSorted()).toEqual(Object.keys(ERROR_CODES).toSorted());
    const linked = [...readDocs('errors.md').matchAll(/^\| `(RB_\w+)` \|.*\]\(([^)]+)\) \|$/gm)].map(([, ...row]) => row);
    expect(Object.fromEntries(linked)).toEqual(Object.fromEntries(listed));
  });

  it.each(['runbook.md', 'errors.md', 'alerts.md'])('the links of %s lead to headings that are there', (page) => {
    const links = [...readDocs(page).matchAll(/\]\(([\w-]*(?:\.md)?)#([^)]+)\)/g)];
    const headings = (name: string) =>
      [...readDocs(name || page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchorOf(title));
    expect(links).not.toEqual([]);
    expect(links.flatMap(([link, name = '', anchor = '']) => (headings(name).includes(anchor) ? [] : [link]))).toEqual([]);
  });
});

describe('what stands in the runbook to be run', () => {
  it('is known to this test, all of it', () => {
    expect(codeOfKind('unknown', messages)).toEqual([]);
    const known = [...Object.keys(LOOKS), RELOAD, ...Object.keys(CHANGES)];
    expect(codeOfKind('command', messages).toSorted()).toEqual(known.toSorted());
  });

  it('is PromQL where it asks Prometheus', { timeout: 330_000 }, async () => {
    expect(queries.length).toBeGreaterThan(4);
    const folder = mkdtempSync(join(tmpdir(), 'ringback-runbook-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const rules = queries.map((expr, index) => ({ record: `runbook:${index}`, expr }));
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: [{ name: 'runbook', rules }] }));
    expect(await promtool(['check', 'rules', join(folder, 'rules.yaml')])).toMatchObject({ code: 0 });
  });

  it('works on an installation in trouble, and has the metrics that it asks for', { timeout: 300_000 }, async () => {
    const { run, takeNewSettings, sink, processes } = await createRunbookWorld();
    const works = async ([command, { code = 0, says, of }]: readonly [string, Expected]) => {
      const ran = await run(command, of);
      expect({ command, code: ran.code, said: ran.out + ran.err }).toEqual({ command, code, said: expect.stringMatching(says) });
    };
    // What they look at comes within seconds: the history and the heartbeats lag.
    const worksSoon = (entry: readonly [string, Expected]) => vi.waitFor(() => works(entry), SOON);
    await Promise.all(Object.entries(LOOKS).map(worksSoon));
    const pages = await Promise.all(processes.map(async ({ adminUrl }) => (await fetch(new URL('/metrics', adminUrl))).text()));
    expect(queries.flatMap(metricsIn).filter((metric) => !pages.some((page) => page.includes(`\n${metric}`)))).toEqual([]);

    takeNewSettings();
    for (const { process } of processes) {
      await works([RELOAD, { says: /^$/, of: { pid: String(process.pid) } }]);
      await process.line('settings reloaded');
    }
    sink.answer(200);
    await run('ringback outputs pause crm');
    await worksSoon(['ringback outputs', { says: /^old +removed/m }]);
    for (const change of Object.entries(CHANGES)) await works(change);
    const got = () => sink.requests.filter(({ path }) => path === '/audit').map(({ body }) => String(body));
    await vi.waitFor(() => expect(got()).toContainEqual(expect.stringContaining('"unrouted-1"')), SOON);
  });
});

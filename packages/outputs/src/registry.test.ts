import { readdirSync } from 'node:fs';
import { createSecret, RingbackError } from '@ringback/contracts';
import { createSink, sampleDelivery, sourceTypeOf } from '@ringback/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createHttpClient, createOutput, outputTypes } from './index.ts';

const { signal } = new AbortController();

it('knows each output type by its own name, which is that of its folder', () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(Object.keys(outputTypes).toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  for (const [name, { type }] of Object.entries(outputTypes)) expect(type).toBe(name);
});

it('creates an output of each type, ready to deliver with what it is given', async () => {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const lines: string[] = [];
  const deps = { http, now: Date.now, sourceTypeOf, writeLine: async (line: string) => void lines.push(line) };
  const url = createSecret(sink.url);
  const stanzas = [
    { name: 'crm', type: 'webhook', settings: { url } },
    { name: 'log', type: 'stdout', settings: {} },
    { name: 'ops', type: 'slack', settings: { url } },
  ];
  for (const stanza of stanzas) {
    const output = createOutput(stanza, deps);
    expect(output.name).toBe(stanza.name);
    expect(await output.deliver(sampleDelivery(), signal)).toMatchObject({ outcome: 'delivered' });
  }
  expect(sink.requests).toHaveLength(2);
  expect(lines).toEqual([expect.stringMatching(/^\{"type":"callbot.call".*\}$/)]);
});

it('refuses a type that it does not know', () => {
  const deps = { http: { post: vi.fn(), close: vi.fn() }, now: Date.now, sourceTypeOf, writeLine: vi.fn() };
  const problem = new RingbackError('RB_CONFIG_INVALID', 'output crm: no output type is called pigeon');
  expect(() => createOutput({ name: 'crm', type: 'pigeon', settings: {} }, deps)).toThrow(problem);
});

import { routesDigest } from '@ringback/config';
import type { Callback } from '@ringback/contracts';
import { NO_ROWS, peekAtStream } from '@ringback/history';
import type { KeptStore } from '@ringback/queue';
import { trace, type TraceResult } from '@ringback/operations';
import type { BodyCodec } from '@ringback/privacy';
import { bodyCodec } from '../reach/opened-history.ts';
import { createSenders, createSources } from '@ringback/sources';
import type { Command } from 'commander';
import { brokenWords } from '../reach/broken-words.ts';
import { withKept } from '../kept/open-kept.ts';
import { wholeNumber } from '../terminal/option-values.ts';
import { withConfig } from '../reach/with-redis.ts';
import { type OpenPlaces, withPlaces } from '../reach/with-places.ts';
import { traceJson } from './trace-json.ts';
import type { ActionContext } from '../terminal/command-context.ts';
import { traceText } from './trace-text.ts';

type Options = { readonly config?: string; readonly json: boolean; readonly limit: number };

/** Of a shard, the newest that wait to be written. Most hold up to 64 callbacks. */
const EVENTS_LOOKED_AT = 200;

const HELP = `
Any id will do: requestID, webhook-id (msg_…), key, or the id of a task, an order or a call (these need a history).
It asks Redis for what is under way and the history for the rest, and says what it could not ask.
Exit code 1: nothing was found.`;

export function addTrace({ program, env, terminal, done }: ActionContext & { readonly program: Command }): void {
  withConfig(
    program.command('trace').description('tell the whole story of a callback: what came, where it went, what happened there'),
  )
    .argument('<id>', 'any id of it, as it stands in your clipboard')
    .option('--limit <n>', 'how many callbacks at most, the newest first, if the id names several', wholeNumber(1), 10)
    .option('--json', 'JSON, one callback a line, with its body', false)
    .addHelpText('after', HELP)
    .action(async (id: string, { config, json, limit }: Options) => {
      const result = await withPlaces({ env, config, tellNone: terminal.err, looks: true }, (open) =>
        withQuarantine(open, (quarantine) => traceIn(open, { id, limit, quarantine })),
      );
      for (const reason of result.missing) terminal.err(`missing: ${reason}`);
      for (const traced of result.found) {
        if (json) terminal.out(JSON.stringify(traceJson(traced)));
        else for (const line of traceText(traced, Date.now())) terminal.out(line);
      }
      if (result.more) terminal.err(`… and more: these are the newest ${limit} (--limit)`);
      if (result.found.length === 0) for (const line of nothing(result)) terminal.err(line);
      done(result.found.length > 0);
    });
}

function nothing({ lookedAt }: TraceResult): string[] {
  return ['nothing was found under this id. Looked at:', ...lookedAt.map((place) => `  ${place}`)];
}

type Asked = { readonly id: string; readonly limit: number; readonly quarantine: Pick<KeptStore, 'find'> | undefined };

function traceIn({ settings, broken, places, away }: OpenPlaces, asked: Asked): Promise<TraceResult> {
  const { sources, routes, outputs, history } = settings;
  const { open } = bodyCodec(settings);
  const subjectsOf = createSubjectsOf(sources, open);
  const senders = createSenders(sources);
  return trace({
    ...asked,
    places,
    away: [...(broken ? [`settings: ${brokenWords(broken)}`] : []), ...away],
    historyOff: history === undefined,
    accounts: senders.flatMap(({ name, accounts }) => accounts.map((account) => ({ source: name, account }))),
    outputs: outputs.map(({ name, delivery }) => ({ name, limited: delivery.rateLimit !== undefined })),
    today: { routes, digest: routesDigest({ routes }) },
    open,
    subjectsOf,
    unwritten: async (shard) => (history ? peekAtStream(shard, subjectsOf, EVENTS_LOOKED_AT) : NO_ROWS),
  });
}

function createSubjectsOf(stanzas: Parameters<typeof createSources>[0], open: BodyCodec['open']) {
  const sources = new Map(createSources(stanzas).map((source) => [source.name, source]));
  return (callback: Callback) => sources.get(callback.source)?.subjects?.(open(callback)) ?? {};
}

function withQuarantine<T>(
  { reached }: OpenPlaces,
  work: (quarantine: Pick<KeptStore, 'find'> | undefined) => Promise<T>,
): Promise<T> {
  return reached === undefined ? work(undefined) : withKept({ place: 'quarantine', reached, reading: true }, work);
}

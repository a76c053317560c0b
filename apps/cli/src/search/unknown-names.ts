import { type Config, unknownName } from '@ringback/config';
import type { HistoryStore } from '@ringback/history';
import type { CallbackFilter } from '@ringback/operations';
import { knownOutputs } from '@ringback/queue';
import { givesType } from '../check/given-types.ts';
import { unknownOutput } from '../outputs/known-output.ts';
import type { Env } from '../reach/load-settings.ts';
import { askShards } from '../reach/shards.ts';
import { withPlaces } from '../reach/with-places.ts';

type Context = {
  readonly settings: Config;
  readonly history: HistoryStore;
  readonly env: Env;
  readonly config: string | undefined;
};

/** Filters that fit nothing, since neither the settings nor what is kept know the name: perhaps mistyped. */
export async function unknownNames({ output, source, type }: CallbackFilter, context: Context): Promise<string[]> {
  const { settings, history } = context;
  const isKept = async (filter: Pick<CallbackFilter, 'output' | 'source' | 'type'>) =>
    (await history.find(filter, { limit: 1 })).length > 0;
  const outputs = settings.outputs.map(({ name }) => name);
  const sources = settings.sources.map(({ name }) => name);
  const warnings: string[] = [];
  if (output !== undefined && !outputs.includes(output) && !(await isKept({ output }))) {
    const known = [...new Set([...outputs, ...(await outputsOfRedis(context))])];
    if (!known.includes(output)) {
      const { code, message } = unknownOutput(output, known);
      warnings.push(`${code}: ${message}`);
    }
  }
  if (source !== undefined && !sources.includes(source) && !(await isKept({ source })))
    warnings.push(`no source is called ${source}; ${unknownName(source, sources)}`);
  if (type !== undefined && !givesType(settings.sources, type) && !(await isKept({ type })))
    warnings.push(`no source of the settings gives a type that fits ${JSON.stringify(type)}`);
  return warnings;
}

/** None while Redis is away. */
function outputsOfRedis({ env, config }: Context): Promise<string[]> {
  return withPlaces({ env, config }, async ({ reached }) =>
    reached === undefined ? [] : [...(await askShards(reached, knownOutputs)).values()].flat(),
  );
}

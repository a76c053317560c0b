import { readFileSync } from 'node:fs';
import { type TObject, Type } from 'typebox';
import { isMap, isNode, isScalar, type Node, type Pair, YAMLMap } from 'yaml';
import { decode } from './decode.ts';
import { readDocument, type SettingsDocument } from './document.ts';
import { checkIdentities, checkSources } from './identities.ts';
import { atOnce } from './in-steps.ts';
import { type Config, type LoadOptions, textOf } from './load.ts';
import { createProblems } from './problem.ts';
import { read, type ReadContext } from './read.ts';
import { checkRedis } from './redis-address.ts';
import { Redis } from './redis-schema.ts';
import { settingsSchema } from './schema.ts';
import { fileKey } from './secret-files.ts';

type Salvaged = {
  readonly config: Config;
  /** Sections that the file has, or may have, and that could not be read as they stand. */
  readonly unread: readonly string[];
};

/** Of sections without defaults. */
const NONE = { sources: [], outputs: [], routes: [] };

/**
 * What can be read of a file that `loadConfig` refuses: each section by itself, of `redis` each key. The rest has its
 * defaults. Only for what looks: whoever changes something MUST have sound settings. @throws RingbackError
 * RB_CONFIG_UNREADABLE
 */
export function salvageConfig(options: LoadOptions): Salvaged {
  const { path, env, secrets = 'required', readFile = (file: string) => readFileSync(file) } = options;
  const text = textOf(path, readFile);
  const problems = createProblems(path);
  const document = atOnce(readDocument({ text, env, problems, tolerant: true }));
  const context = { document, problems, env, settingsPath: path, readFile, secrets, done: new Map() };
  const all = readEach(settingsSchema(options), document.root, context);
  const redis = all.unread.includes('redis') ? salvagedRedis(document, context) : undefined;
  const config = atOnce(decode({ ...NONE, ...all.values, ...(redis && { redis }) }, options));
  const fits = { redis: redisFits(document, config), sources: sourcesFit(document, config, options) };
  const unread = new Set([
    ...all.unread,
    ...Object.entries(fits).flatMap(([section, isSound]) => (isSound ? [] : [section])),
    ...(document.broken.length > 0 ? hidden(Object.keys(settingsSchema(options).properties), document.root, text) : []),
  ]);
  const { shards, cluster } = config.redis;
  const sources = fits.sources ? config.sources : [];
  return { config: { ...config, sources, redis: { ...config.redis, shards: cluster ? shards : 1 } }, unread: [...unread] };
}

/** Where Redis is said by one key only: `url` is filled in from REDIS_URL. */
function salvagedRedis({ root }: SettingsDocument, context: ReadContext): Readonly<Record<string, unknown>> {
  const { url, ...others } = readEach(Redis, valueAt(root, 'redis'), context).values;
  return 'sentinel' in others || 'cluster' in others ? others : { url, ...others };
}

/** The keys that read by themselves, the defaults of those that do not, and the names of these. */
function readEach(schema: TObject, node: Node | undefined, context: ReadContext) {
  const pairs = isMap(node) ? node.items : [];
  const values: Record<string, unknown> = {};
  const unread: string[] = [];
  for (const [key, property] of Object.entries(schema.properties)) {
    const readOnly = (items: Pair[]) => {
      const mapping = Object.assign(new YAMLMap(), { items, range: context.document.root.range ?? null });
      const result = read(Type.Object({ [key]: property }), mapping, '', { ...context, problems: createProblems('') });
      return result && Object(result.value);
    };
    const own = pairs.filter((pair) => [key, fileKey(key)].includes(nameOf(pair)));
    const isBroken = own.some((pair) => isBrokenIn(pair, pairs, context.document));
    const found = isBroken ? undefined : readOnly(own);
    if (found === undefined && own.length > 0) unread.push(key);
    Object.assign(values, found ?? readOnly([]));
  }
  return { values, unread };
}

/** A pair ends where the next one begins: what does not fit may have been meant for it. */
function isBrokenIn(pair: Pair, pairs: readonly Pair[], { broken }: SettingsDocument): boolean {
  const start = startOf(pair);
  const end = Math.min(...pairs.map(startOf).filter((other) => other > start));
  return broken.some((offset) => offset >= start && offset < end);
}

const startOf = ({ key }: Pair) => (isNode(key) ? (key.range?.[0] ?? 0) : 0);
const nameOf = ({ key }: Pair) => (isScalar(key) ? String(key.value) : '');

/** If it is given twice, the first. */
function valueAt(node: Node, key: string): Node | undefined {
  const value = isMap(node) ? node.items.find((pair) => nameOf(pair) === key)?.value : undefined;
  return isNode(value) ? value : undefined;
}

/** Sections that an error before them, such as a second document, may hide. */
function hidden(sections: readonly string[], root: Node, text: string): readonly string[] {
  return sections.filter((name) => valueAt(root, name) === undefined && new RegExp(`\\b${name}\\b["']?\\s*:`).test(text));
}

function redisFits(document: SettingsDocument, { redis, worker }: Config): boolean {
  const problems = createProblems('');
  checkRedis({ document, problems, redis, worker: { ...worker, shards: [] } });
  return problems.count() === 0;
}

function sourcesFit(document: SettingsDocument, { sources }: Config, { sourceTypes }: Pick<LoadOptions, 'sourceTypes'>): boolean {
  const problems = createProblems('');
  checkSources({ document, problems, sources, sourceTypes });
  checkIdentities({ document, problems, sources, sourceTypes });
  return problems.count() === 0;
}

import { type Config, settingsFile } from '@ringback/config';
import { RingbackError } from '@ringback/contracts';
import type { HistoryStore } from '@ringback/history';
import type { Places } from '@ringback/operations';
import { unreadWords } from './broken-words.ts';
import { type Broken, type Env, loadSound, loadToLook } from './load-settings.ts';
import { lostReasons } from './shards.ts';
import { historyOff, openHistoryOf } from './with-history.ts';
import { type Reached, withShards } from './with-redis.ts';

export type OpenPlaces = {
  readonly settings: Config;
  /** As of `Reached`. */
  readonly broken: Broken | undefined;
  /** Undefined: no shard answers. */
  readonly reached: Reached | undefined;
  readonly places: Places;
  /** What does not answer, in words. */
  readonly away: readonly string[];
  /** @throws RingbackError RB_HISTORY_OFF, or why it does not answer */
  readonly requireHistory: () => HistoryStore;
};

type Options = {
  readonly env: Env;
  readonly config: string | undefined;
  /** As `withHistory`. */
  readonly tellNone?: ((line: string) => void) | undefined;
  /** Goes on with a file that has errors. */
  readonly looks?: boolean;
};

/**
 * For what asks Redis and the history, and makes do with one of them. @throws RingbackError for unusable settings, or if
 * neither answers
 */
export async function withPlaces<T>(
  { env, config, tellNone, looks = false }: Options,
  work: (open: OpenPlaces) => Promise<T>,
): Promise<T> {
  const path = config ?? settingsFile(env);
  const { settings, broken } = looks ? loadToLook({ path, env }) : { settings: loadSound({ path, env }), broken: undefined };
  const opened = await openHistoryOf(settings, path, { tellNone }).then(
    (history) => ({ history, error: undefined }),
    (error: unknown) => ({ history: undefined, error: known(error) }),
  );
  const { history } = opened;
  const unread = broken ? unreadWords(broken, settings) : [];
  const away = [...unread, ...(opened.error === undefined ? [] : [`history: ${inWords(opened.error)}`])];
  const places = { shardCount: settings.redis.shards, shards: [], history };
  const requireHistory = () => {
    if (history === undefined) throw opened.error ?? historyOff();
    return history;
  };
  try {
    return await withShards({ env, config, looks }, (reached) => {
      const lost = lostReasons(reached).map((reason) => `Redis: ${reason}`);
      return work({
        settings,
        broken,
        reached,
        places: { ...places, shards: reached.reached },
        away: [...away, ...lost],
        requireHistory,
      });
    }).catch((error: unknown) => {
      if (history === undefined || !isAway(error)) throw error;
      return work({ settings, broken, reached: undefined, places, away: [...unread, `Redis: ${error.message}`], requireHistory });
    });
  } finally {
    await history?.close();
  }
}

/** @throws what is a bug */
function known(error: unknown): RingbackError {
  if (error instanceof RingbackError) return error;
  throw error;
}

function isAway(error: unknown): error is RingbackError {
  return error instanceof RingbackError && error.code === 'RB_REDIS_UNAVAILABLE';
}

const inWords = ({ code, message }: RingbackError) => `${code}: ${message}`;

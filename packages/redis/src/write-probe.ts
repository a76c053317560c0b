import type { Durability } from '@ringback/contracts';
import type { Redis } from 'ioredis';
import { HISTORY_PROBED, neededCommands } from './commands.ts';
import { createRunScript } from './run-script.ts';
import { isReply, type Trouble, troubleOfReply } from './trouble.ts';

const KEY_LIVES_MS = 10_000;

/** KEYS probe, one that never exists · ARGV lifetime in ms, needed commands → error of the write, forbidden commands (from Redis 7.0). */
const PROBE = `
local denied = {}
if redis.acl_check_cmd then
  for command in string.gmatch(ARGV[2], '%S+') do
    local name, part = string.match(command, '^([^|]+)|?(.*)$')
    local known, allowed
    if part == '' then known, allowed = pcall(redis.acl_check_cmd, name, KEYS[1], KEYS[1])
    else known, allowed = pcall(redis.acl_check_cmd, name, part, KEYS[1], KEYS[1]) end
    if known and not allowed then denied[#denied + 1] = command end
  end
end
local written = redis.pcall('SET', KEYS[1], '1', 'PX', ARGV[1])
return { written.err or '', denied }`;

const MOST_NAMED = 5;

export type WriteProbeOptions = {
  readonly redis: Redis;
  readonly prefix: string;
  readonly durability: Durability;
  /** Also asks for what the history needs. */
  readonly history?: boolean;
};

/** Writes by a script, as the work does. Resolves to what prevents that; rejects without an answer. */
export function createWriteProbe({
  redis,
  prefix,
  durability,
  history = false,
}: WriteProbeOptions): () => Promise<Trouble | undefined> {
  const key = `${prefix}:probe`;
  // While a slot moves, only scripts fail that name a key that is there and one that is not: as BullMQ's do.
  const keys = [key, `${key}.none`];
  const args = [String(KEY_LIVES_MS), [...neededCommands(durability), ...(history ? HISTORY_PROBED : [])].join(' ')];
  const run = createRunScript(redis);
  const user = redis.options.username ?? 'default';
  const deny = (what: string, rules: readonly string[]): Trouble => ({
    kind: 'NOPERM',
    reason: `NOPERM: the Redis user ${user} may not ${what}. Allow it: ACL SETUSER ${user} ${rules.join(' ')}`,
  });

  /** Without a key only a forbidden script fails. */
  async function explainDenial(): Promise<Trouble> {
    const scripts = await redis.eval('return 1', 0).then(
      () => true,
      (error: unknown) => !(isReply(error) && error.message.startsWith('NOPERM')),
    );
    return scripts ? deny(`use the keys ${prefix}:*`, [`~${prefix}:*`]) : deny('run eval, evalsha', ['+eval', '+evalsha']);
  }

  return async () => {
    try {
      const [failure, denied] = await run(PROBE, keys, args);
      const commands = Array.isArray(denied) ? denied.map(String) : [];
      if (commands.length > 0)
        return deny(
          `run ${shortened(commands)}`,
          commands.map((command) => `+${command}`),
        );
      return typeof failure === 'string' && failure !== '' ? troubleOfReply(failure) : undefined;
    } catch (error) {
      if (!isReply(error)) throw error;
      return error.message.startsWith('NOPERM') ? explainDenial() : troubleOfReply(error.message);
    }
  };
}

function shortened(commands: readonly string[]): string {
  const more = commands.length - MOST_NAMED;
  return more > 1 ? `${commands.slice(0, MOST_NAMED).join(', ')} and ${more} more commands` : commands.join(', ');
}

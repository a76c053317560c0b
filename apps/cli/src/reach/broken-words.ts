import type { Config } from '@ringback/config';
import type { Broken } from './load-settings.ts';

const SHOWN_PROBLEMS = 5;

/** What is wrong with the file, in one line. */
export function brokenWords({ path, error }: Broken): string {
  const problems = error.message.split('\n');
  const more = problems.length > SHOWN_PROBLEMS ? ` (and ${problems.length - SHOWN_PROBLEMS} more: ringback check)` : '';
  return `${path} cannot be used: ${error.code}: ${problems.slice(0, SHOWN_PROBLEMS).join('; ')}${more}`;
}

/** What is not sure about a look with such a file. */
export function unreadWords({ unread }: Broken, { redis }: Pick<Config, 'redis'>): string[] {
  const words: Readonly<Record<string, string>> = {
    redis: `asked is the Redis of what can be read of it, else of REDIS_URL, with the prefix ${redis.prefix}`,
    history: 'the history is not asked',
  };
  return unread.flatMap((section) =>
    words[section] === undefined ? [] : [`settings: the section ${section} has errors: ${words[section]}`],
  );
}

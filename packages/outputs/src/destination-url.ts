import { RingbackError, SecretText, type Secret } from '@ringback/contracts';

/** A setting for an http or https URL, secret because such URLs hold tokens. */
export function DestinationUrl(options: { description: string }) {
  const words = 'a URL that begins with http:// or https:// and has no space in it';
  return SecretText({ ...options, pattern: '^https?://\\S+$', words });
}

/**
 * The setting `key` of `output` as a URL that can be requested.
 * @throws RingbackError RB_CONFIG_INVALID, naming output and key and never the value.
 */
export function readDestinationUrl({ output, key, secret }: { output: string; key: string; secret: Secret }): string {
  const invalid = (problem: string) => new RingbackError('RB_CONFIG_INVALID', `output ${output}: ${key} ${problem}`);
  const url = URL.parse(secret.reveal());
  if (url === null) throw invalid('is not a URL');
  if (url.username !== '' || url.password !== '') throw invalid('holds a user name or password: only headers can carry those');
  return url.href;
}

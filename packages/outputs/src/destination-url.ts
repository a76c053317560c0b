import { type Endpoint, RingbackError, SecretText, type Secret } from '@ringback/contracts';

/** A secret: such URLs hold tokens. */
export function DestinationUrl(options: { description: string }) {
  const words = 'a URL that begins with http:// or https:// and has no space in it';
  return SecretText({ ...options, pattern: '^https?://\\S+$', words });
}

/** @throws RingbackError RB_CONFIG_INVALID, without the value */
export function readDestinationUrl({ output, key, secret }: { output: string; key: string; secret: Secret }): string {
  const invalid = (problem: string) => new RingbackError('RB_CONFIG_INVALID', `output ${output}: ${key} ${problem}`);
  const url = URL.parse(secret.reveal());
  if (url === null) throw invalid('is not a URL');
  if (url.username !== '' || url.password !== '') throw invalid('holds a user name or password: only headers can carry those');
  return url.href;
}

/** Of a URL that `readDestinationUrl` gave. Leaves out path and query, which may hold a token. */
export function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port } = new URL(url);
  const tls = protocol === 'https:';
  return { host: hostname.replaceAll(/^\[|\]$/g, ''), port: port === '' ? (tls ? 443 : 80) : Number(port), tls };
}

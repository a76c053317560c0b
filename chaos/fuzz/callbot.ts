import { createSecret, type Source } from '@ringback/contracts';
import { createSenders, createSources, type NamedSender } from '@ringback/sources';
import { SAMPLE_ACCOUNT } from '@ringback/testkit/bare';

/** A source with the sample account, and its sender. */
export function createCallbot(): { source: Source; sender: NamedSender } {
  const { uuid, secret } = SAMPLE_ACCOUNT;
  const accounts = [{ uuid, secrets: [createSecret(secret)], algorithm: 'md5' }];
  const paths = { task: '/task', order: '/order', call: '/call', any: '/callbot' };
  const stanza = { name: 'callbot', type: 'callbot', settings: { accounts, paths } };
  const [[source], [sender]] = [createSources([stanza]), createSenders([stanza])];
  if (!source || !sender) throw new Error('no source');
  return { source, sender };
}

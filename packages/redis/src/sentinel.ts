import { type Place, parsePlace, placeText, type SentinelAddress } from './address.ts';
import { type Asked, askInTurn, askNode, commonTrouble, type Failure } from './ask-node.ts';
import { LEAST_SENTINEL_ACL } from './commands.ts';
import { NoPrimary } from './no-primary.ts';
import { isReply, type Trouble } from './trouble.ts';

type SentinelOptions = Pick<SentinelAddress, 'name' | 'nodes'> & Pick<Asked, 'credentials'>;

/** Asks the sentinels which server is the primary. Rejects with NoPrimary. */
export function findBySentinel({ name, nodes, credentials }: SentinelOptions): (signal: AbortSignal) => Promise<Place> {
  const places = nodes.map(parsePlace);
  return askInTurn({
    nodes: () => places,
    async ask(node, signal) {
      const commands = [['SENTINEL', 'get-master-addr-by-name', name]] as const;
      const [reply] = await askNode({ node, credentials, commands, signal });
      if (!Array.isArray(reply)) throw new NoPrimary(unknownName(name));
      return { host: String(reply[0]), port: Number(reply[1]) };
    },
    explain: (failures) => explain(failures),
  });
}

function unknownName(name: string): Trouble {
  const reason = `the sentinels watch no primary of the name ${name}. Correct redis.sentinel.name; SENTINEL MASTERS lists the names`;
  return { kind: 'sentinel name', reason };
}

function explain(failures: readonly Failure[]): Trouble {
  const unknown = failures.find(({ error }) => error instanceof NoPrimary);
  if (unknown?.error instanceof NoPrimary) return { kind: unknown.error.kind, reason: unknown.error.message };
  const refused = failures.find(({ error }) => isReply(error));
  if (refused && isReply(refused.error)) return refusal(placeText(refused.node), refused.error.message);
  return commonTrouble(failures, { what: 'no sentinel', where: 'redis.sentinel.nodes' });
}

function refusal(at: string, message: string): Trouble {
  const [kind = ''] = message.split(' ', 1);
  if (/^ERR unknown command/i.test(message)) {
    return { kind: 'no sentinel', reason: `what listens at ${at} is no sentinel. Correct redis.sentinel.nodes` };
  }
  if (kind === 'NOAUTH')
    return { kind, reason: `NOAUTH: the sentinel at ${at} asks for a password. Put it in redis.sentinel.password` };
  if (kind === 'WRONGPASS') {
    const reason = `WRONGPASS: the sentinel at ${at} does not accept redis.sentinel.username and redis.sentinel.password`;
    return { kind, reason };
  }
  if (kind === 'NOPERM') {
    const rule = `ACL SETUSER <user> ${LEAST_SENTINEL_ACL.join(' ')}`;
    return { kind, reason: `NOPERM: the sentinel at ${at} does not let its user ask for the primary. Allow it there: ${rule}` };
  }
  return { kind, reason: `the sentinel at ${at} refuses to name the primary: ${message}` };
}

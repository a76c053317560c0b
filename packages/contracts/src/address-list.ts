import { BlockList, isIP } from 'node:net';
import { Type } from 'typebox';

export type AddressList = (address: string) => boolean;

const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const;
const LONGEST_PREFIX = { ipv4: 32, ipv6: 128 } as const;

/** An IPv4 or IPv6 address, or a CIDR range. */
export function AddressRange(options: { description: string }) {
  const text = Type.String({ minLength: 1, ...options });
  const problem = 'is not an IP address or a range of them; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32';
  return Type.Refine(
    text,
    (range) => parseRange(range) !== undefined,
    () => problem,
  );
}

/**
 * IPv4 written as IPv6 (`::ffff:192.0.2.7`) counts as IPv4. @throws TypeError for what is no `AddressRange`
 */
export function createAddressList(ranges: readonly string[]): AddressList {
  const list = new BlockList();
  for (const text of ranges) {
    const range = parseRange(text);
    if (!range) throw new TypeError(`not a range of addresses: ${text}`);
    list.addSubnet(range.address, range.prefix, range.family);
  }
  return (address) => {
    // A link-local address carries its interface: `fe80::1%eth0`.
    const [bare = ''] = address.split('%', 1);
    const family = familyOf(bare);
    return family !== undefined && list.check(bare, family);
  };
}

function parseRange(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', digits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = familyOf(address);
  if (family === undefined) return undefined;
  const prefix = digits === undefined ? LONGEST_PREFIX[family] : Number(digits);
  return prefix <= LONGEST_PREFIX[family] ? { address, prefix, family } : undefined;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 4 || version === 6 ? FAMILIES[version] : undefined;
}

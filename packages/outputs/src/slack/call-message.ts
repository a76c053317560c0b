import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { MessageParts, Row } from './block-kit.ts';
import { ShownText } from './shown-text.ts';

const Intent = Type.Object({ intentName: ShownText, intentTag: ShownText });

const CallInfo = Type.Object({
  callID: ShownText,
  callStatus: ShownText,
  callDuration: ShownText,
  callAudioUrl: ShownText,
  hangupCause: ShownText,
  intents: Type.Optional(Type.Union([Type.Array(Type.Union([Intent, Type.Null()])), Type.Null()])),
});

const Order = Type.Object({
  orderID: Type.String(),
  userPhone: ShownText,
  userTaskID: ShownText,
  taskID: ShownText,
  finish: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  callInfoDetail: Type.Optional(Type.Union([CallInfo, Type.Null()])),
});
type Order = Static<typeof Order>;

/** Fewer digits would be given away by the last four. */
const SHORTEST_PHONE = 8;

/** An order's callback: the order and its last call. Undefined when `data` is not one. */
export function describeOrder(data: unknown): Omit<MessageParts, 'footer'> | undefined {
  if (!Value.Check(Order, data)) return undefined;
  const title = data.finish === false ? '⏳ Order not finished' : '✅ Order finished';
  return { title, rows: orderRows(data), link: recording(data) };
}

/** A call's callback: the call and its order. Undefined when `data` is not one. */
export function describeCall(data: unknown): Omit<MessageParts, 'footer'> | undefined {
  if (!Value.Check(Order, data)) return undefined;
  return { title: '📞 Call ended', rows: orderRows(data), link: recording(data) };
}

/** A channel has many readers: the phone number is masked, and name and texts are left out. */
function orderRows(order: Order): Row[] {
  const call = order.callInfoDetail ?? {};
  return [
    ['Order', order.orderID],
    ['Order finished', yesOrNo(order.finish)],
    ['Task', order.userTaskID],
    ['Task ID at the provider', order.taskID],
    ['Phone', maskPhone(order.userPhone)],
    ['Call', call.callID],
    ['Call status', call.callStatus],
    ['Call duration', duration(call.callDuration)],
    ['Hangup cause', call.hangupCause],
    ['Intents', intentNames(call.intents)],
  ];
}

/** To listen to for those who may: a link only, and none that would tell the phone number. */
function recording({ userPhone, callInfoDetail }: Order): MessageParts['link'] {
  const url = callInfoDetail?.callAudioUrl;
  if (!url) return undefined;
  const digits = (userPhone ?? '').replaceAll(/\D/g, '').slice(-SHORTEST_PHONE);
  if (digits.length > 0 && url.replaceAll(/\D/g, '').includes(digits)) return undefined;
  return { label: 'Recording of the call', url };
}

/** The provider does not say the unit: `131 (2 min 11 s, if in seconds)`. */
function duration(value: string | null | undefined): string | undefined {
  if (!value || !/^\d{1,9}$/.test(value)) return value ?? undefined;
  const seconds = Number(value);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = Math.min(2, ...parts.flatMap(([count], index) => (count > 0 ? [index] : [])));
  const text = parts.slice(first).map(([count, unit]) => `${count} ${unit}`);
  return `${value} (${text.join(' ')}, if in seconds)`;
}

function yesOrNo(value: boolean | null | undefined): string | undefined {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : undefined;
}

/** The last four digits, and none of a number so short that these would give it away. */
function maskPhone(phone: string | null | undefined): string | undefined {
  if (!phone) return undefined;
  const digits = phone.replaceAll(/\D/g, '');
  return digits.length < SHORTEST_PHONE ? '••••' : `••••${digits.slice(-4)}`;
}

function intentNames(intents: Static<typeof CallInfo>['intents']): string | undefined {
  const names = (intents ?? []).flatMap((intent) => intent?.intentName ?? intent?.intentTag ?? []);
  return names.length === 0 ? undefined : names.join(', ');
}

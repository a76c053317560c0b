import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { MessageParts, Row } from './block-kit.ts';
import { ShownText } from './shown-text.ts';

const Intent = Type.Object({ intentName: ShownText, intentTag: ShownText });

const CallInfo = Type.Object({
  callID: ShownText,
  callStatus: ShownText,
  callDuration: ShownText,
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

/** An order's callback: the order and its last call. Undefined when `data` is not one. */
export function describeOrder(data: unknown): Omit<MessageParts, 'footer'> | undefined {
  if (!Value.Check(Order, data)) return undefined;
  return { title: data.finish === false ? 'Order not finished' : 'Order finished', rows: orderRows(data) };
}

/** A call's callback: the call and its order. Undefined when `data` is not one. */
export function describeCall(data: unknown): Omit<MessageParts, 'footer'> | undefined {
  return Value.Check(Order, data) ? { title: 'Call ended', rows: orderRows(data) } : undefined;
}

/** A channel has many readers: the phone number is masked, and name, texts and recordings are left out. */
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
    ['Call duration', call.callDuration],
    ['Hangup cause', call.hangupCause],
    ['Intents', intentNames(call.intents)],
  ];
}

function yesOrNo(value: boolean | null | undefined): string | undefined {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : undefined;
}

/** The last four digits, and none of a number so short that these would give it away. */
function maskPhone(phone: string | null | undefined): string | undefined {
  if (!phone) return undefined;
  const digits = phone.replaceAll(/\D/g, '');
  return digits.length < 8 ? '••••' : `••••${digits.slice(-4)}`;
}

function intentNames(intents: Static<typeof CallInfo>['intents']): string | undefined {
  const names = (intents ?? []).flatMap((intent) => intent?.intentName ?? intent?.intentTag ?? []);
  return names.length === 0 ? undefined : names.join(', ');
}

import { CallbotOrderBody } from '@ringback/sources';
import type { Static } from 'typebox';
import type { Draft, Link, Row, State } from '../message.ts';
import { readable } from '../private-field.ts';
import { createShownBody, type Shown } from '../shown-body.ts';

const isOrder = createShownBody(CallbotOrderBody);

type Order = Shown<Static<typeof CallbotOrderBody>>;
type Call = NonNullable<Order['callInfoDetail']>;

/** The last four digits would give a shorter number away. */
const SHORTEST_PHONE = 8;

export function describeOrder(data: unknown): Draft | undefined {
  if (!isOrder(data)) return undefined;
  return data.finish === false ? draft(data, '⏳ Order not finished', 'neutral') : draft(data, '✅ Order finished', 'good');
}

export function describeCall(data: unknown): Draft | undefined {
  return isOrder(data) ? draft(data, '📞 Call ended', 'neutral') : undefined;
}

function draft(order: Order, title: string, state: State): Draft | undefined {
  if (typeof order.orderID !== 'string') return undefined;
  return { title, state, rows: orderRows(order), links: recording(order) };
}

/** MUST hold no name, no text and no whole phone number. */
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

/** Empty if the URL holds the phone number. */
function recording({ userPhone, callInfoDetail }: Order): Link[] {
  const url = callInfoDetail?.callAudioUrl;
  if (!url) return [];
  const digits = (userPhone ?? '').replaceAll(/\D/g, '').slice(-SHORTEST_PHONE);
  const forms = [url, readable(url)].map((form) => form.replaceAll(/\D/g, ''));
  if (digits.length > 0 && forms.some((form) => form.includes(digits))) return [];
  return [{ label: 'Recording of the call', url }];
}

/** The provider does not document the unit. */
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

function maskPhone(phone: string | null | undefined): string | undefined {
  if (!phone) return undefined;
  const digits = phone.replaceAll(/\D/g, '');
  return digits.length < SHORTEST_PHONE ? '••••' : `••••${digits.slice(-4)}`;
}

function intentNames(intents: Call['intents']): string | undefined {
  const names = (intents ?? []).flatMap((intent) => intent?.intentName ?? intent?.intentTag ?? []);
  return names.length === 0 ? undefined : names.join(', ');
}

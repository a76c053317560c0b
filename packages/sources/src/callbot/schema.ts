import { Type, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/** Documented as an int on one page and shown as a string on another. */
const CallbackType = Type.Union([Type.Integer(), Type.String({ pattern: '^\\d+$' })]);
/** A rate over a zero denominator is undefined. */
const Rate = Type.Union([Type.Number(), Type.Null()]);

/** A field that only the documented examples vouch for. */
const exampleOnly = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]));
const text = exampleOnly(Type.String());
const int = exampleOnly(Type.Integer());

export const TaskBody = Type.Object({
  callbackType: CallbackType,
  userTaskID: Type.String(),
  taskID: Type.String(),
  sceneID: Type.String(),
  taskStatus: Type.Integer(),
  createTs: Type.Integer(),
  taskStat: Type.Object({
    answerOrderCount: Type.Integer(),
    finishOrderCount: Type.Integer(),
    totalOrderCount: Type.Integer(),
    finishRate: Rate,
    totalAnswerCall: Type.Integer(),
    totalCall: Type.Integer(),
    answerRate: Rate,
  }),
});

const Agent = Type.Object({
  agentName: text,
  agentGroup: text,
  agentCallStatus: int,
  agentCallElapsed: int,
  agentLabel: text,
  manualCallStart: int,
  manualCallAnswer: int,
  manualCallEnd: int,
  manualHangupBy: int,
});

const CallInfoDetail = Type.Object({
  callID: text,
  callingNumber: text,
  lineAddress: text,
  callStatus: int,
  callStartTs: int,
  callAnswerTs: int,
  callEndTs: int,
  callDuration: int,
  callAudioUrl: text,
  hangupCause: text,
  termSipCode: text,
  intents: exampleOnly(Type.Array(Type.Object({ intentID: text, intentTag: text, intentName: text, intentLevel: int }))),
  sms: exampleOnly(Type.Array(Type.Object({ smsSendTs: int, sysMessageID: text, smsContent: text }))),
  agent: exampleOnly(Agent),
  params: exampleOnly(Type.Array(Type.Object({ name: text, value: text }))),
});

/** Orders and calls have the same body. */
export const OrderBody = Type.Object({
  callbackType: CallbackType,
  orderID: Type.String(),
  userPhone: Type.String(),
  userName: Type.String(),
  sceneID: Type.String(),
  userTaskID: Type.String(),
  taskID: Type.String(),
  finish: Type.Boolean(),
  other: Type.String(),
  callInfoDetail: CallInfoDetail,
});

/** Callbot v3 bodies: documented fields are required, example-only ones may be null or missing, unknown ones are kept. */
export const taskBody = Compile(TaskBody);
export const orderBody = Compile(OrderBody);

// For bodies whose fields nobody has named to us. Takes too many for personal rather than too few.

const PHONE = /phone|mobile|msisdn|whatsapp|caller|callee|(?:^|[^a-z])(?:tel|fax|cell|calling|called)(?:[^a-z]|$)/;
const NAME =
  /(?:^|[^a-z])(?:name|nick|surname|forename)$|(?:user|customer|contact|agent|person|first|last|full|family|given|middle|display|nick|sender|recipient|patient|owner)[^a-z]?names?$/;

/** `callerPhone` and `caller_phone` read the same. */
const plain = (key: string) => key.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase();

export const isPhoneKey = (key: string) => PHONE.test(plain(key));
export const isNameKey = (key: string) => NAME.test(plain(key));

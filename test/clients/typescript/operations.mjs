// The operations as the SDK names them, and the shapes of what they send and
// get. A shape is an object of members; a member tells its kind.

const text = { kind: "text" };
const flag = { kind: "flag" };
const labels = { kind: "labels" };
const word = (...words) => ({ kind: "word", words });
const message = (shape) => ({ kind: "message", shape });
const optional = (member) => ({ ...member, optional: true });

const sessionType = word("User", "API", "Guest");
const verificationStatus = word("Pending", "Verified");

const session = {
  expiration: text,
  labels: optional(labels),
  sessionType,
  token: optional(text),
  userId: optional(text),
};
const apiSession = {
  expiration: text,
  isUnlimitedExpiration: flag,
  labels: optional(labels),
  sessionId: text,
  sessionType,
  token: optional(text),
  userId: optional(text),
};
const apiSessionWrite = {
  expiration: optional(text),
  isUnlimitedExpiration: optional(flag),
  labels: optional(labels),
};
const sessionCreate = {
  email: optional(text),
  expiration: optional(text),
  otpExpiration: optional(text),
  password: optional(text),
};
const emailVerification = { email: text, status: verificationStatus, userId: text };
const phoneVerification = {
  phone: text,
  session: message(session),
  status: verificationStatus,
  userId: text,
};
const grant = {
  _id: text,
  grantorId: text,
  memberId: text,
  package: word("None", "Benefits", "Essentials", "Professional", "Corporate"),
  packageTier: word("Basic", "Premium"),
  status: word("Pending", "Active", "Canceled"),
  subscriptionGrantId: text,
};

// verb: of the HTTP call.
// hasId: the input holds a path parameter.
// request: the shape of the body, if it has one; bodyField: where the input
//   holds it, beside the id.
// answer: the shape of the response; isList: the response is an array of it.
// success: the status that the SDK takes for a success. Where it is 204, answer
//   is what the upstream may say nevertheless.
export const operations = [
  { name: "deleteUsersSessionApiId", verb: "DELETE", hasId: true, answer: apiSession },
  { name: "deleteUsersSessionTokenId", verb: "DELETE", hasId: true, success: 204 },
  { name: "getUsersGrantedSubscriberSubscriptionGrant", verb: "GET", answer: grant, isList: true },
  { name: "getUsersSessionApi", verb: "GET", answer: apiSession, isList: true },
  { name: "getUsersSessionApiId", verb: "GET", hasId: true, answer: apiSession },
  { name: "getUsersSessionTokenId", verb: "GET", hasId: true, answer: session, success: 204 },
  {
    name: "patchUsersSessionApiId", verb: "PATCH", hasId: true,
    bodyField: "apiSessionUpdateRequest", request: apiSessionWrite, answer: apiSession,
  },
  { name: "patchUsersSessionOtp", verb: "PATCH", request: { code: text }, answer: session, success: 204 },
  {
    name: "patchUsersUserIdVerificationEmail", verb: "PATCH", hasId: true,
    bodyField: "completeEmailVerificationRequest", request: { emailVerificationId: text },
    answer: emailVerification,
  },
  {
    name: "patchUsersUserIdVerificationPhone", verb: "PATCH", hasId: true,
    bodyField: "completePhoneVerificationRequest", request: { code: text },
    answer: phoneVerification,
  },
  {
    name: "postUsersAuthentication", verb: "POST", request: { email: text },
    answer: {
      authenticationStrategy: word("Password", "SingleSignOn"),
      authenticationUrl: optional(text),
    },
  },
  { name: "postUsersPendingSession", verb: "POST", request: sessionCreate, answer: session, success: 204 },
  { name: "postUsersSession", verb: "POST", request: sessionCreate, answer: session, success: 204 },
  { name: "postUsersSessionApi", verb: "POST", request: apiSessionWrite, answer: apiSession },
  {
    name: "postUsersSessionOtp", verb: "POST", success: 204,
    request: { appRedirectPath: optional(text), channel: optional(word("SMS", "Email")) },
  },
  { name: "postUsersSessionRequestingUser", verb: "POST", request: sessionCreate, answer: session, success: 204 },
  { name: "postUsersSessionSingleSignOn", verb: "POST", request: { singleSignOnCode: text }, answer: session },
  { name: "postUsersSessionSocialAuthGoogle", verb: "POST", request: { idToken: text }, answer: session },
  {
    name: "postUsersUserIdVerificationEmail", verb: "POST", hasId: true,
    bodyField: "beginEmailVerificationRequest",
    request: { email: text, redirectPath: optional(text) }, answer: emailVerification,
  },
  {
    name: "postUsersUserIdVerificationExistingEmail", verb: "POST", hasId: true,
    bodyField: "beginExistingEmailVerificationRequest",
    request: { redirectPath: optional(text) }, answer: emailVerification,
  },
  {
    name: "postUsersUserIdVerificationPhone", verb: "POST", hasId: true,
    bodyField: "beginPhoneVerificationRequest",
    request: { channel: optional(word("PhoneCall", "SMS")), phone: text }, answer: phoneVerification,
  },
].map((operation) => ({ success: 200, ...operation }));

// mayOmitBody tells whether an operation's body may be left out: `{}` is one.
export const mayOmitBody = (operation) =>
  Object.values(operation.request).every((member) => member.optional);

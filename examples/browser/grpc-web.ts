// Calls the session facade from a page with grpc-web, Google's library. Its generator,
// protoc-gen-grpc-web, is in neither npm's nor Debian's packages, and would write what
// descriptorOf makes of the stubs in gen/ts: the library itself needs no more.
import { create, type DescMessage, type DescMethodUnary, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  SessionAndAuthenticationService,
  StatusSchema,
} from "@wingspan-grpc/session-facade/connect";
import { GrpcWebClientBase, MethodDescriptor, MethodType, RpcError, StatusCode } from "grpc-web";
import { start, type Unary } from "./story.js";

const maxListBytes = 16 << 20;

// descriptorOf is what grpc-web knows of an RPC: its path, and how its messages are
// written and read. The types of messages it only hands on.
function descriptorOf<I extends DescMessage, O extends DescMessage>({ parent, name, input, output }: DescMethodUnary<I, O>) {
  return new MethodDescriptor<MessageShape<I>, MessageShape<O>>(`/${parent.typeName}/${name}`, MethodType.UNARY, Object as never,
    Object as never, (request: MessageShape<I>) => toBinary(input, request), (bytes: Uint8Array) => fromBinary(output, bytes));
}

start((facade, format) => {
  const client = new GrpcWebClientBase({ format, maxReceiveMessageSize: maxListBytes });
  const unary = <I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>): Unary<I, O> => {
    const descriptor = descriptorOf(method);
    return (request: MessageInitShape<I>, { headers, timeoutMs = 10_000 } = {}) =>
      client.unaryCall(facade + descriptor.getName(), create(method.input, request),
        { ...headers, deadline: String(Date.now() + timeoutMs) }, descriptor);
  };
  const { method } = SessionAndAuthenticationService;
  return {
    createSession: unary(method.createSession),
    createApiSession: unary(method.createApiSession),
    listApiSessions: unary(method.listApiSessions),
    deleteApiSession: unary(method.deleteApiSession),
    authenticate: unary(method.authenticate),
    listGrantedSubscriberSubscriptionGrants: unary(method.listGrantedSubscriberSubscriptionGrants),
  };
}, (error) => {
  if (!(error instanceof RpcError)) {
    return { code: "", message: String(error), infos: [], badRequests: [] };
  }
  const status = fromBinary(StatusSchema, base64Decode(error.metadata["grpc-status-details-bin"] ?? ""));
  const unpack = <M extends DescMessage>(schema: M): MessageShape<M>[] =>
    status.details.map((detail) => anyUnpack(detail, schema)).filter((detail) => detail !== undefined);
  return {
    code: Object.entries(StatusCode).find(([, code]) => code === error.code)?.[0] ?? "",
    message: error.message,
    infos: unpack(ErrorInfoSchema),
    badRequests: unpack(BadRequestSchema),
  };
});

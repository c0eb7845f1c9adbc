package io.github.wingspangrpc.users.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * SessionAndAuthenticationService signs people and programs in and out, and
 * verifies their email addresses and phones.
 * The caller's token travels as `authorization: Bearer &lt;token&gt;` metadata and is
 * relayed as it is; calls that sign in need none. To act for another account,
 * send its user id as `x-wingspan-user`.
 * Errors carry a google.rpc.ErrorInfo whose reason is an ErrorReason, a
 * google.rpc.BadRequest where the request itself is at fault, and a
 * google.rpc.RetryInfo where the upstream said when to call again. Common to
 * all calls: UNAUTHENTICATED (no valid token, or the session has expired),
 * PERMISSION_DENIED, RESOURCE_EXHAUSTED (too many calls), DEADLINE_EXCEEDED
 * and UNAVAILABLE. After one of the last two, a call that changes something may
 * have taken effect: look before you repeat it.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class SessionAndAuthenticationServiceGrpc {

  private SessionAndAuthenticationServiceGrpc() {}

  public static final String SERVICE_NAME = "wingspan.users.v1.SessionAndAuthenticationService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.AuthenticateRequest,
      io.github.wingspangrpc.users.v1.AuthenticateResponse> getAuthenticateMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Authenticate",
      requestType = io.github.wingspangrpc.users.v1.AuthenticateRequest.class,
      responseType = io.github.wingspangrpc.users.v1.AuthenticateResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.AuthenticateRequest,
      io.github.wingspangrpc.users.v1.AuthenticateResponse> getAuthenticateMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.AuthenticateRequest, io.github.wingspangrpc.users.v1.AuthenticateResponse> getAuthenticateMethod;
    if ((getAuthenticateMethod = SessionAndAuthenticationServiceGrpc.getAuthenticateMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getAuthenticateMethod = SessionAndAuthenticationServiceGrpc.getAuthenticateMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getAuthenticateMethod = getAuthenticateMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.AuthenticateRequest, io.github.wingspangrpc.users.v1.AuthenticateResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Authenticate"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.AuthenticateRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.AuthenticateResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("Authenticate"))
              .build();
        }
      }
    }
    return getAuthenticateMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateSessionRequest,
      io.github.wingspangrpc.users.v1.CreateSessionResponse> getCreateSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateSession",
      requestType = io.github.wingspangrpc.users.v1.CreateSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CreateSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateSessionRequest,
      io.github.wingspangrpc.users.v1.CreateSessionResponse> getCreateSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateSessionRequest, io.github.wingspangrpc.users.v1.CreateSessionResponse> getCreateSessionMethod;
    if ((getCreateSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCreateSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCreateSessionMethod = getCreateSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CreateSessionRequest, io.github.wingspangrpc.users.v1.CreateSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateSession"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CreateSession"))
              .build();
        }
      }
    }
    return getCreateSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreatePendingSessionRequest,
      io.github.wingspangrpc.users.v1.CreatePendingSessionResponse> getCreatePendingSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreatePendingSession",
      requestType = io.github.wingspangrpc.users.v1.CreatePendingSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CreatePendingSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreatePendingSessionRequest,
      io.github.wingspangrpc.users.v1.CreatePendingSessionResponse> getCreatePendingSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreatePendingSessionRequest, io.github.wingspangrpc.users.v1.CreatePendingSessionResponse> getCreatePendingSessionMethod;
    if ((getCreatePendingSessionMethod = SessionAndAuthenticationServiceGrpc.getCreatePendingSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCreatePendingSessionMethod = SessionAndAuthenticationServiceGrpc.getCreatePendingSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCreatePendingSessionMethod = getCreatePendingSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CreatePendingSessionRequest, io.github.wingspangrpc.users.v1.CreatePendingSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreatePendingSession"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreatePendingSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreatePendingSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CreatePendingSession"))
              .build();
        }
      }
    }
    return getCreatePendingSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest,
      io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse> getCreateRequestingUserSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateRequestingUserSession",
      requestType = io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest,
      io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse> getCreateRequestingUserSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest, io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse> getCreateRequestingUserSessionMethod;
    if ((getCreateRequestingUserSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateRequestingUserSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCreateRequestingUserSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateRequestingUserSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCreateRequestingUserSessionMethod = getCreateRequestingUserSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest, io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateRequestingUserSession"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CreateRequestingUserSession"))
              .build();
        }
      }
    }
    return getCreateRequestingUserSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest,
      io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse> getCreateSingleSignOnSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateSingleSignOnSession",
      requestType = io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest,
      io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse> getCreateSingleSignOnSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest, io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse> getCreateSingleSignOnSessionMethod;
    if ((getCreateSingleSignOnSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateSingleSignOnSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCreateSingleSignOnSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateSingleSignOnSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCreateSingleSignOnSessionMethod = getCreateSingleSignOnSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest, io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateSingleSignOnSession"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CreateSingleSignOnSession"))
              .build();
        }
      }
    }
    return getCreateSingleSignOnSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.SignInWithGoogleRequest,
      io.github.wingspangrpc.users.v1.SignInWithGoogleResponse> getSignInWithGoogleMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SignInWithGoogle",
      requestType = io.github.wingspangrpc.users.v1.SignInWithGoogleRequest.class,
      responseType = io.github.wingspangrpc.users.v1.SignInWithGoogleResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.SignInWithGoogleRequest,
      io.github.wingspangrpc.users.v1.SignInWithGoogleResponse> getSignInWithGoogleMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.SignInWithGoogleRequest, io.github.wingspangrpc.users.v1.SignInWithGoogleResponse> getSignInWithGoogleMethod;
    if ((getSignInWithGoogleMethod = SessionAndAuthenticationServiceGrpc.getSignInWithGoogleMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getSignInWithGoogleMethod = SessionAndAuthenticationServiceGrpc.getSignInWithGoogleMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getSignInWithGoogleMethod = getSignInWithGoogleMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.SignInWithGoogleRequest, io.github.wingspangrpc.users.v1.SignInWithGoogleResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SignInWithGoogle"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.SignInWithGoogleRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.SignInWithGoogleResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("SignInWithGoogle"))
              .build();
        }
      }
    }
    return getSignInWithGoogleMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.GetSessionRequest,
      io.github.wingspangrpc.users.v1.GetSessionResponse> getGetSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetSession",
      requestType = io.github.wingspangrpc.users.v1.GetSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.GetSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.GetSessionRequest,
      io.github.wingspangrpc.users.v1.GetSessionResponse> getGetSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.GetSessionRequest, io.github.wingspangrpc.users.v1.GetSessionResponse> getGetSessionMethod;
    if ((getGetSessionMethod = SessionAndAuthenticationServiceGrpc.getGetSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getGetSessionMethod = SessionAndAuthenticationServiceGrpc.getGetSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getGetSessionMethod = getGetSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.GetSessionRequest, io.github.wingspangrpc.users.v1.GetSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetSession"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.GetSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.GetSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("GetSession"))
              .build();
        }
      }
    }
    return getGetSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.DeleteSessionRequest,
      io.github.wingspangrpc.users.v1.DeleteSessionResponse> getDeleteSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "DeleteSession",
      requestType = io.github.wingspangrpc.users.v1.DeleteSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.DeleteSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.DeleteSessionRequest,
      io.github.wingspangrpc.users.v1.DeleteSessionResponse> getDeleteSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.DeleteSessionRequest, io.github.wingspangrpc.users.v1.DeleteSessionResponse> getDeleteSessionMethod;
    if ((getDeleteSessionMethod = SessionAndAuthenticationServiceGrpc.getDeleteSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getDeleteSessionMethod = SessionAndAuthenticationServiceGrpc.getDeleteSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getDeleteSessionMethod = getDeleteSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.DeleteSessionRequest, io.github.wingspangrpc.users.v1.DeleteSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "DeleteSession"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.DeleteSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.DeleteSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("DeleteSession"))
              .build();
        }
      }
    }
    return getDeleteSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse> getBeginOtpVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BeginOtpVerification",
      requestType = io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse> getBeginOtpVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest, io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse> getBeginOtpVerificationMethod;
    if ((getBeginOtpVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginOtpVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getBeginOtpVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginOtpVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getBeginOtpVerificationMethod = getBeginOtpVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest, io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BeginOtpVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("BeginOtpVerification"))
              .build();
        }
      }
    }
    return getBeginOtpVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest,
      io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse> getCompleteOtpVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CompleteOtpVerification",
      requestType = io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest,
      io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse> getCompleteOtpVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest, io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse> getCompleteOtpVerificationMethod;
    if ((getCompleteOtpVerificationMethod = SessionAndAuthenticationServiceGrpc.getCompleteOtpVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCompleteOtpVerificationMethod = SessionAndAuthenticationServiceGrpc.getCompleteOtpVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCompleteOtpVerificationMethod = getCompleteOtpVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest, io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CompleteOtpVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CompleteOtpVerification"))
              .build();
        }
      }
    }
    return getCompleteOtpVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateApiSessionRequest,
      io.github.wingspangrpc.users.v1.CreateApiSessionResponse> getCreateApiSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CreateApiSession",
      requestType = io.github.wingspangrpc.users.v1.CreateApiSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CreateApiSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateApiSessionRequest,
      io.github.wingspangrpc.users.v1.CreateApiSessionResponse> getCreateApiSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CreateApiSessionRequest, io.github.wingspangrpc.users.v1.CreateApiSessionResponse> getCreateApiSessionMethod;
    if ((getCreateApiSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateApiSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCreateApiSessionMethod = SessionAndAuthenticationServiceGrpc.getCreateApiSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCreateApiSessionMethod = getCreateApiSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CreateApiSessionRequest, io.github.wingspangrpc.users.v1.CreateApiSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CreateApiSession"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateApiSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CreateApiSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CreateApiSession"))
              .build();
        }
      }
    }
    return getCreateApiSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.ListApiSessionsRequest,
      io.github.wingspangrpc.users.v1.ListApiSessionsResponse> getListApiSessionsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListApiSessions",
      requestType = io.github.wingspangrpc.users.v1.ListApiSessionsRequest.class,
      responseType = io.github.wingspangrpc.users.v1.ListApiSessionsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.ListApiSessionsRequest,
      io.github.wingspangrpc.users.v1.ListApiSessionsResponse> getListApiSessionsMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.ListApiSessionsRequest, io.github.wingspangrpc.users.v1.ListApiSessionsResponse> getListApiSessionsMethod;
    if ((getListApiSessionsMethod = SessionAndAuthenticationServiceGrpc.getListApiSessionsMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getListApiSessionsMethod = SessionAndAuthenticationServiceGrpc.getListApiSessionsMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getListApiSessionsMethod = getListApiSessionsMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.ListApiSessionsRequest, io.github.wingspangrpc.users.v1.ListApiSessionsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListApiSessions"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.ListApiSessionsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.ListApiSessionsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("ListApiSessions"))
              .build();
        }
      }
    }
    return getListApiSessionsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.GetApiSessionRequest,
      io.github.wingspangrpc.users.v1.GetApiSessionResponse> getGetApiSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetApiSession",
      requestType = io.github.wingspangrpc.users.v1.GetApiSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.GetApiSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.GetApiSessionRequest,
      io.github.wingspangrpc.users.v1.GetApiSessionResponse> getGetApiSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.GetApiSessionRequest, io.github.wingspangrpc.users.v1.GetApiSessionResponse> getGetApiSessionMethod;
    if ((getGetApiSessionMethod = SessionAndAuthenticationServiceGrpc.getGetApiSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getGetApiSessionMethod = SessionAndAuthenticationServiceGrpc.getGetApiSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getGetApiSessionMethod = getGetApiSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.GetApiSessionRequest, io.github.wingspangrpc.users.v1.GetApiSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetApiSession"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.GetApiSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.GetApiSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("GetApiSession"))
              .build();
        }
      }
    }
    return getGetApiSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.UpdateApiSessionRequest,
      io.github.wingspangrpc.users.v1.UpdateApiSessionResponse> getUpdateApiSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "UpdateApiSession",
      requestType = io.github.wingspangrpc.users.v1.UpdateApiSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.UpdateApiSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.UpdateApiSessionRequest,
      io.github.wingspangrpc.users.v1.UpdateApiSessionResponse> getUpdateApiSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.UpdateApiSessionRequest, io.github.wingspangrpc.users.v1.UpdateApiSessionResponse> getUpdateApiSessionMethod;
    if ((getUpdateApiSessionMethod = SessionAndAuthenticationServiceGrpc.getUpdateApiSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getUpdateApiSessionMethod = SessionAndAuthenticationServiceGrpc.getUpdateApiSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getUpdateApiSessionMethod = getUpdateApiSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.UpdateApiSessionRequest, io.github.wingspangrpc.users.v1.UpdateApiSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "UpdateApiSession"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.UpdateApiSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.UpdateApiSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("UpdateApiSession"))
              .build();
        }
      }
    }
    return getUpdateApiSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.DeleteApiSessionRequest,
      io.github.wingspangrpc.users.v1.DeleteApiSessionResponse> getDeleteApiSessionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "DeleteApiSession",
      requestType = io.github.wingspangrpc.users.v1.DeleteApiSessionRequest.class,
      responseType = io.github.wingspangrpc.users.v1.DeleteApiSessionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.DeleteApiSessionRequest,
      io.github.wingspangrpc.users.v1.DeleteApiSessionResponse> getDeleteApiSessionMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.DeleteApiSessionRequest, io.github.wingspangrpc.users.v1.DeleteApiSessionResponse> getDeleteApiSessionMethod;
    if ((getDeleteApiSessionMethod = SessionAndAuthenticationServiceGrpc.getDeleteApiSessionMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getDeleteApiSessionMethod = SessionAndAuthenticationServiceGrpc.getDeleteApiSessionMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getDeleteApiSessionMethod = getDeleteApiSessionMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.DeleteApiSessionRequest, io.github.wingspangrpc.users.v1.DeleteApiSessionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "DeleteApiSession"))
              .setIdempotent(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.DeleteApiSessionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.DeleteApiSessionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("DeleteApiSession"))
              .build();
        }
      }
    }
    return getDeleteApiSessionMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse> getBeginEmailVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BeginEmailVerification",
      requestType = io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse> getBeginEmailVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest, io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse> getBeginEmailVerificationMethod;
    if ((getBeginEmailVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginEmailVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getBeginEmailVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginEmailVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getBeginEmailVerificationMethod = getBeginEmailVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest, io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BeginEmailVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("BeginEmailVerification"))
              .build();
        }
      }
    }
    return getBeginEmailVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse> getBeginExistingEmailVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BeginExistingEmailVerification",
      requestType = io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse> getBeginExistingEmailVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest, io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse> getBeginExistingEmailVerificationMethod;
    if ((getBeginExistingEmailVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginExistingEmailVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getBeginExistingEmailVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginExistingEmailVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getBeginExistingEmailVerificationMethod = getBeginExistingEmailVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest, io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BeginExistingEmailVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("BeginExistingEmailVerification"))
              .build();
        }
      }
    }
    return getBeginExistingEmailVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest,
      io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse> getCompleteEmailVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CompleteEmailVerification",
      requestType = io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest,
      io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse> getCompleteEmailVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest, io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse> getCompleteEmailVerificationMethod;
    if ((getCompleteEmailVerificationMethod = SessionAndAuthenticationServiceGrpc.getCompleteEmailVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCompleteEmailVerificationMethod = SessionAndAuthenticationServiceGrpc.getCompleteEmailVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCompleteEmailVerificationMethod = getCompleteEmailVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest, io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CompleteEmailVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CompleteEmailVerification"))
              .build();
        }
      }
    }
    return getCompleteEmailVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse> getBeginPhoneVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BeginPhoneVerification",
      requestType = io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest,
      io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse> getBeginPhoneVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest, io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse> getBeginPhoneVerificationMethod;
    if ((getBeginPhoneVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginPhoneVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getBeginPhoneVerificationMethod = SessionAndAuthenticationServiceGrpc.getBeginPhoneVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getBeginPhoneVerificationMethod = getBeginPhoneVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest, io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BeginPhoneVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("BeginPhoneVerification"))
              .build();
        }
      }
    }
    return getBeginPhoneVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest,
      io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse> getCompletePhoneVerificationMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CompletePhoneVerification",
      requestType = io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest.class,
      responseType = io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest,
      io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse> getCompletePhoneVerificationMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest, io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse> getCompletePhoneVerificationMethod;
    if ((getCompletePhoneVerificationMethod = SessionAndAuthenticationServiceGrpc.getCompletePhoneVerificationMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getCompletePhoneVerificationMethod = SessionAndAuthenticationServiceGrpc.getCompletePhoneVerificationMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getCompletePhoneVerificationMethod = getCompletePhoneVerificationMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest, io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CompletePhoneVerification"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("CompletePhoneVerification"))
              .build();
        }
      }
    }
    return getCompletePhoneVerificationMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest,
      io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse> getListGrantedSubscriberSubscriptionGrantsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListGrantedSubscriberSubscriptionGrants",
      requestType = io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest.class,
      responseType = io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest,
      io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse> getListGrantedSubscriberSubscriptionGrantsMethod() {
    io.grpc.MethodDescriptor<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest, io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse> getListGrantedSubscriberSubscriptionGrantsMethod;
    if ((getListGrantedSubscriberSubscriptionGrantsMethod = SessionAndAuthenticationServiceGrpc.getListGrantedSubscriberSubscriptionGrantsMethod) == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        if ((getListGrantedSubscriberSubscriptionGrantsMethod = SessionAndAuthenticationServiceGrpc.getListGrantedSubscriberSubscriptionGrantsMethod) == null) {
          SessionAndAuthenticationServiceGrpc.getListGrantedSubscriberSubscriptionGrantsMethod = getListGrantedSubscriberSubscriptionGrantsMethod =
              io.grpc.MethodDescriptor.<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest, io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListGrantedSubscriberSubscriptionGrants"))
              .setSafe(true)
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SessionAndAuthenticationServiceMethodDescriptorSupplier("ListGrantedSubscriberSubscriptionGrants"))
              .build();
        }
      }
    }
    return getListGrantedSubscriberSubscriptionGrantsMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static SessionAndAuthenticationServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionAndAuthenticationServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionAndAuthenticationServiceStub>() {
        @java.lang.Override
        public SessionAndAuthenticationServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionAndAuthenticationServiceStub(channel, callOptions);
        }
      };
    return SessionAndAuthenticationServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static SessionAndAuthenticationServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionAndAuthenticationServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionAndAuthenticationServiceBlockingStub>() {
        @java.lang.Override
        public SessionAndAuthenticationServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionAndAuthenticationServiceBlockingStub(channel, callOptions);
        }
      };
    return SessionAndAuthenticationServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static SessionAndAuthenticationServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SessionAndAuthenticationServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SessionAndAuthenticationServiceFutureStub>() {
        @java.lang.Override
        public SessionAndAuthenticationServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SessionAndAuthenticationServiceFutureStub(channel, callOptions);
        }
      };
    return SessionAndAuthenticationServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * SessionAndAuthenticationService signs people and programs in and out, and
   * verifies their email addresses and phones.
   * The caller's token travels as `authorization: Bearer &lt;token&gt;` metadata and is
   * relayed as it is; calls that sign in need none. To act for another account,
   * send its user id as `x-wingspan-user`.
   * Errors carry a google.rpc.ErrorInfo whose reason is an ErrorReason, a
   * google.rpc.BadRequest where the request itself is at fault, and a
   * google.rpc.RetryInfo where the upstream said when to call again. Common to
   * all calls: UNAUTHENTICATED (no valid token, or the session has expired),
   * PERMISSION_DENIED, RESOURCE_EXHAUSTED (too many calls), DEADLINE_EXCEEDED
   * and UNAVAILABLE. After one of the last two, a call that changes something may
   * have taken effect: look before you repeat it.
   * </pre>
   */
  public static abstract class SessionAndAuthenticationServiceImplBase implements io.grpc.BindableService {

    /**
     * <pre>
     * Says how an email address signs in.
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     * </pre>
     */
    public void authenticate(io.github.wingspangrpc.users.v1.AuthenticateRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.AuthenticateResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAuthenticateMethod(), responseObserver);
    }

    /**
     * <pre>
     * Signs in with an email address and a password.
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public void createSession(io.github.wingspangrpc.users.v1.CreateSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Signs in to a session that stays pending until it is confirmed.
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public void createPendingSession(io.github.wingspangrpc.users.v1.CreatePendingSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreatePendingSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreatePendingSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Signs in as another user.
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     * </pre>
     */
    public void createRequestingUserSession(io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateRequestingUserSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Signs in with the code that an identity provider handed out.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     * </pre>
     */
    public void createSingleSignOnSession(io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateSingleSignOnSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Signs in with a Google account.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     * </pre>
     */
    public void signInWithGoogle(io.github.wingspangrpc.users.v1.SignInWithGoogleRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.SignInWithGoogleResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSignInWithGoogleMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns the session that a token belongs to.
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     * </pre>
     */
    public void getSession(io.github.wingspangrpc.users.v1.GetSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.GetSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Signs out: ends the session that a token belongs to.
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     * </pre>
     */
    public void deleteSession(io.github.wingspangrpc.users.v1.DeleteSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.DeleteSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDeleteSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sends a one-time password to the user who is signing in.
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     * </pre>
     */
    public void beginOtpVerification(io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBeginOtpVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Confirms the caller's session with a one-time password.
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     * </pre>
     */
    public void completeOtpVerification(io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCompleteOtpVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Creates a long-lived session for programs.
     * Returns the API session with its token.
     * </pre>
     */
    public void createApiSession(io.github.wingspangrpc.users.v1.CreateApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateApiSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCreateApiSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists all API sessions that the caller has made.
     * The list comes whole, without paging, however long it is.
     * </pre>
     */
    public void listApiSessions(io.github.wingspangrpc.users.v1.ListApiSessionsRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.ListApiSessionsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListApiSessionsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns one API session.
     * NOT_FOUND if the caller has none with this id.
     * </pre>
     */
    public void getApiSession(io.github.wingspangrpc.users.v1.GetApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.GetApiSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetApiSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Changes an API session.
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public void updateApiSession(io.github.wingspangrpc.users.v1.UpdateApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.UpdateApiSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUpdateApiSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends an API session.
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public void deleteApiSession(io.github.wingspangrpc.users.v1.DeleteApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.DeleteApiSessionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getDeleteApiSessionMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sends an email that verifies a user's new address.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public void beginEmailVerification(io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBeginEmailVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sends an email that verifies the address which a user has already.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public void beginExistingEmailVerification(io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBeginExistingEmailVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Confirms an email address with the id from the email.
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     * </pre>
     */
    public void completeEmailVerification(io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCompleteEmailVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Sends a code to a user's phone.
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     * </pre>
     */
    public void beginPhoneVerification(io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBeginPhoneVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Confirms a phone with the code that it received.
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     * </pre>
     */
    public void completePhoneVerification(io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCompletePhoneVerificationMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the subscriptions that others have granted to the caller.
     * The list comes whole, without paging.
     * </pre>
     */
    public void listGrantedSubscriberSubscriptionGrants(io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListGrantedSubscriberSubscriptionGrantsMethod(), responseObserver);
    }

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
          .addMethod(
            getAuthenticateMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.AuthenticateRequest,
                io.github.wingspangrpc.users.v1.AuthenticateResponse>(
                  this, METHODID_AUTHENTICATE)))
          .addMethod(
            getCreateSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CreateSessionRequest,
                io.github.wingspangrpc.users.v1.CreateSessionResponse>(
                  this, METHODID_CREATE_SESSION)))
          .addMethod(
            getCreatePendingSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CreatePendingSessionRequest,
                io.github.wingspangrpc.users.v1.CreatePendingSessionResponse>(
                  this, METHODID_CREATE_PENDING_SESSION)))
          .addMethod(
            getCreateRequestingUserSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest,
                io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse>(
                  this, METHODID_CREATE_REQUESTING_USER_SESSION)))
          .addMethod(
            getCreateSingleSignOnSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest,
                io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse>(
                  this, METHODID_CREATE_SINGLE_SIGN_ON_SESSION)))
          .addMethod(
            getSignInWithGoogleMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.SignInWithGoogleRequest,
                io.github.wingspangrpc.users.v1.SignInWithGoogleResponse>(
                  this, METHODID_SIGN_IN_WITH_GOOGLE)))
          .addMethod(
            getGetSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.GetSessionRequest,
                io.github.wingspangrpc.users.v1.GetSessionResponse>(
                  this, METHODID_GET_SESSION)))
          .addMethod(
            getDeleteSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.DeleteSessionRequest,
                io.github.wingspangrpc.users.v1.DeleteSessionResponse>(
                  this, METHODID_DELETE_SESSION)))
          .addMethod(
            getBeginOtpVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest,
                io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse>(
                  this, METHODID_BEGIN_OTP_VERIFICATION)))
          .addMethod(
            getCompleteOtpVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest,
                io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse>(
                  this, METHODID_COMPLETE_OTP_VERIFICATION)))
          .addMethod(
            getCreateApiSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CreateApiSessionRequest,
                io.github.wingspangrpc.users.v1.CreateApiSessionResponse>(
                  this, METHODID_CREATE_API_SESSION)))
          .addMethod(
            getListApiSessionsMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.ListApiSessionsRequest,
                io.github.wingspangrpc.users.v1.ListApiSessionsResponse>(
                  this, METHODID_LIST_API_SESSIONS)))
          .addMethod(
            getGetApiSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.GetApiSessionRequest,
                io.github.wingspangrpc.users.v1.GetApiSessionResponse>(
                  this, METHODID_GET_API_SESSION)))
          .addMethod(
            getUpdateApiSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.UpdateApiSessionRequest,
                io.github.wingspangrpc.users.v1.UpdateApiSessionResponse>(
                  this, METHODID_UPDATE_API_SESSION)))
          .addMethod(
            getDeleteApiSessionMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.DeleteApiSessionRequest,
                io.github.wingspangrpc.users.v1.DeleteApiSessionResponse>(
                  this, METHODID_DELETE_API_SESSION)))
          .addMethod(
            getBeginEmailVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest,
                io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse>(
                  this, METHODID_BEGIN_EMAIL_VERIFICATION)))
          .addMethod(
            getBeginExistingEmailVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest,
                io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse>(
                  this, METHODID_BEGIN_EXISTING_EMAIL_VERIFICATION)))
          .addMethod(
            getCompleteEmailVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest,
                io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse>(
                  this, METHODID_COMPLETE_EMAIL_VERIFICATION)))
          .addMethod(
            getBeginPhoneVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest,
                io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse>(
                  this, METHODID_BEGIN_PHONE_VERIFICATION)))
          .addMethod(
            getCompletePhoneVerificationMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest,
                io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse>(
                  this, METHODID_COMPLETE_PHONE_VERIFICATION)))
          .addMethod(
            getListGrantedSubscriberSubscriptionGrantsMethod(),
            io.grpc.stub.ServerCalls.asyncUnaryCall(
              new MethodHandlers<
                io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest,
                io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse>(
                  this, METHODID_LIST_GRANTED_SUBSCRIBER_SUBSCRIPTION_GRANTS)))
          .build();
    }
  }

  /**
   * <pre>
   * SessionAndAuthenticationService signs people and programs in and out, and
   * verifies their email addresses and phones.
   * The caller's token travels as `authorization: Bearer &lt;token&gt;` metadata and is
   * relayed as it is; calls that sign in need none. To act for another account,
   * send its user id as `x-wingspan-user`.
   * Errors carry a google.rpc.ErrorInfo whose reason is an ErrorReason, a
   * google.rpc.BadRequest where the request itself is at fault, and a
   * google.rpc.RetryInfo where the upstream said when to call again. Common to
   * all calls: UNAUTHENTICATED (no valid token, or the session has expired),
   * PERMISSION_DENIED, RESOURCE_EXHAUSTED (too many calls), DEADLINE_EXCEEDED
   * and UNAVAILABLE. After one of the last two, a call that changes something may
   * have taken effect: look before you repeat it.
   * </pre>
   */
  public static final class SessionAndAuthenticationServiceStub extends io.grpc.stub.AbstractAsyncStub<SessionAndAuthenticationServiceStub> {
    private SessionAndAuthenticationServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionAndAuthenticationServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionAndAuthenticationServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Says how an email address signs in.
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     * </pre>
     */
    public void authenticate(io.github.wingspangrpc.users.v1.AuthenticateRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.AuthenticateResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAuthenticateMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Signs in with an email address and a password.
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public void createSession(io.github.wingspangrpc.users.v1.CreateSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Signs in to a session that stays pending until it is confirmed.
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public void createPendingSession(io.github.wingspangrpc.users.v1.CreatePendingSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreatePendingSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreatePendingSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Signs in as another user.
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     * </pre>
     */
    public void createRequestingUserSession(io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateRequestingUserSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Signs in with the code that an identity provider handed out.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     * </pre>
     */
    public void createSingleSignOnSession(io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateSingleSignOnSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Signs in with a Google account.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     * </pre>
     */
    public void signInWithGoogle(io.github.wingspangrpc.users.v1.SignInWithGoogleRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.SignInWithGoogleResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSignInWithGoogleMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns the session that a token belongs to.
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     * </pre>
     */
    public void getSession(io.github.wingspangrpc.users.v1.GetSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.GetSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Signs out: ends the session that a token belongs to.
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     * </pre>
     */
    public void deleteSession(io.github.wingspangrpc.users.v1.DeleteSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.DeleteSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDeleteSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sends a one-time password to the user who is signing in.
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     * </pre>
     */
    public void beginOtpVerification(io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBeginOtpVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Confirms the caller's session with a one-time password.
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     * </pre>
     */
    public void completeOtpVerification(io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCompleteOtpVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Creates a long-lived session for programs.
     * Returns the API session with its token.
     * </pre>
     */
    public void createApiSession(io.github.wingspangrpc.users.v1.CreateApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateApiSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCreateApiSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists all API sessions that the caller has made.
     * The list comes whole, without paging, however long it is.
     * </pre>
     */
    public void listApiSessions(io.github.wingspangrpc.users.v1.ListApiSessionsRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.ListApiSessionsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListApiSessionsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns one API session.
     * NOT_FOUND if the caller has none with this id.
     * </pre>
     */
    public void getApiSession(io.github.wingspangrpc.users.v1.GetApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.GetApiSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetApiSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Changes an API session.
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public void updateApiSession(io.github.wingspangrpc.users.v1.UpdateApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.UpdateApiSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUpdateApiSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends an API session.
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public void deleteApiSession(io.github.wingspangrpc.users.v1.DeleteApiSessionRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.DeleteApiSessionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getDeleteApiSessionMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sends an email that verifies a user's new address.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public void beginEmailVerification(io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBeginEmailVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sends an email that verifies the address which a user has already.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public void beginExistingEmailVerification(io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBeginExistingEmailVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Confirms an email address with the id from the email.
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     * </pre>
     */
    public void completeEmailVerification(io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCompleteEmailVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Sends a code to a user's phone.
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     * </pre>
     */
    public void beginPhoneVerification(io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBeginPhoneVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Confirms a phone with the code that it received.
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     * </pre>
     */
    public void completePhoneVerification(io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCompletePhoneVerificationMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the subscriptions that others have granted to the caller.
     * The list comes whole, without paging.
     * </pre>
     */
    public void listGrantedSubscriberSubscriptionGrants(io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest request,
        io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListGrantedSubscriberSubscriptionGrantsMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * <pre>
   * SessionAndAuthenticationService signs people and programs in and out, and
   * verifies their email addresses and phones.
   * The caller's token travels as `authorization: Bearer &lt;token&gt;` metadata and is
   * relayed as it is; calls that sign in need none. To act for another account,
   * send its user id as `x-wingspan-user`.
   * Errors carry a google.rpc.ErrorInfo whose reason is an ErrorReason, a
   * google.rpc.BadRequest where the request itself is at fault, and a
   * google.rpc.RetryInfo where the upstream said when to call again. Common to
   * all calls: UNAUTHENTICATED (no valid token, or the session has expired),
   * PERMISSION_DENIED, RESOURCE_EXHAUSTED (too many calls), DEADLINE_EXCEEDED
   * and UNAVAILABLE. After one of the last two, a call that changes something may
   * have taken effect: look before you repeat it.
   * </pre>
   */
  public static final class SessionAndAuthenticationServiceBlockingStub extends io.grpc.stub.AbstractBlockingStub<SessionAndAuthenticationServiceBlockingStub> {
    private SessionAndAuthenticationServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionAndAuthenticationServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionAndAuthenticationServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Says how an email address signs in.
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.AuthenticateResponse authenticate(io.github.wingspangrpc.users.v1.AuthenticateRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAuthenticateMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Signs in with an email address and a password.
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CreateSessionResponse createSession(io.github.wingspangrpc.users.v1.CreateSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Signs in to a session that stays pending until it is confirmed.
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CreatePendingSessionResponse createPendingSession(io.github.wingspangrpc.users.v1.CreatePendingSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreatePendingSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Signs in as another user.
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse createRequestingUserSession(io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateRequestingUserSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Signs in with the code that an identity provider handed out.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse createSingleSignOnSession(io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateSingleSignOnSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Signs in with a Google account.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.SignInWithGoogleResponse signInWithGoogle(io.github.wingspangrpc.users.v1.SignInWithGoogleRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSignInWithGoogleMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns the session that a token belongs to.
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.GetSessionResponse getSession(io.github.wingspangrpc.users.v1.GetSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Signs out: ends the session that a token belongs to.
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.DeleteSessionResponse deleteSession(io.github.wingspangrpc.users.v1.DeleteSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDeleteSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends a one-time password to the user who is signing in.
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse beginOtpVerification(io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBeginOtpVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Confirms the caller's session with a one-time password.
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse completeOtpVerification(io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCompleteOtpVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Creates a long-lived session for programs.
     * Returns the API session with its token.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CreateApiSessionResponse createApiSession(io.github.wingspangrpc.users.v1.CreateApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCreateApiSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists all API sessions that the caller has made.
     * The list comes whole, without paging, however long it is.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.ListApiSessionsResponse listApiSessions(io.github.wingspangrpc.users.v1.ListApiSessionsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListApiSessionsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns one API session.
     * NOT_FOUND if the caller has none with this id.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.GetApiSessionResponse getApiSession(io.github.wingspangrpc.users.v1.GetApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetApiSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Changes an API session.
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.UpdateApiSessionResponse updateApiSession(io.github.wingspangrpc.users.v1.UpdateApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUpdateApiSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends an API session.
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.DeleteApiSessionResponse deleteApiSession(io.github.wingspangrpc.users.v1.DeleteApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getDeleteApiSessionMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends an email that verifies a user's new address.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse beginEmailVerification(io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBeginEmailVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends an email that verifies the address which a user has already.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse beginExistingEmailVerification(io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBeginExistingEmailVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Confirms an email address with the id from the email.
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse completeEmailVerification(io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCompleteEmailVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Sends a code to a user's phone.
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse beginPhoneVerification(io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBeginPhoneVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Confirms a phone with the code that it received.
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse completePhoneVerification(io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCompletePhoneVerificationMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the subscriptions that others have granted to the caller.
     * The list comes whole, without paging.
     * </pre>
     */
    public io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse listGrantedSubscriberSubscriptionGrants(io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListGrantedSubscriberSubscriptionGrantsMethod(), getCallOptions(), request);
    }
  }

  /**
   * <pre>
   * SessionAndAuthenticationService signs people and programs in and out, and
   * verifies their email addresses and phones.
   * The caller's token travels as `authorization: Bearer &lt;token&gt;` metadata and is
   * relayed as it is; calls that sign in need none. To act for another account,
   * send its user id as `x-wingspan-user`.
   * Errors carry a google.rpc.ErrorInfo whose reason is an ErrorReason, a
   * google.rpc.BadRequest where the request itself is at fault, and a
   * google.rpc.RetryInfo where the upstream said when to call again. Common to
   * all calls: UNAUTHENTICATED (no valid token, or the session has expired),
   * PERMISSION_DENIED, RESOURCE_EXHAUSTED (too many calls), DEADLINE_EXCEEDED
   * and UNAVAILABLE. After one of the last two, a call that changes something may
   * have taken effect: look before you repeat it.
   * </pre>
   */
  public static final class SessionAndAuthenticationServiceFutureStub extends io.grpc.stub.AbstractFutureStub<SessionAndAuthenticationServiceFutureStub> {
    private SessionAndAuthenticationServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SessionAndAuthenticationServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SessionAndAuthenticationServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Says how an email address signs in.
     * Needs no token. Returns whether the address signs in with a password or at
     * an identity provider, and the latter's URL.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.AuthenticateResponse> authenticate(
        io.github.wingspangrpc.users.v1.AuthenticateRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAuthenticateMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Signs in with an email address and a password.
     * Needs no token. Returns the session with its token, which may have to be
     * raised to a full one by a one-time password. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CreateSessionResponse> createSession(
        io.github.wingspangrpc.users.v1.CreateSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Signs in to a session that stays pending until it is confirmed.
     * Needs no token. Returns the pending session. UNAUTHENTICATED if the address
     * or the password is wrong.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CreatePendingSessionResponse> createPendingSession(
        io.github.wingspangrpc.users.v1.CreatePendingSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreatePendingSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Signs in as another user.
     * For administrators and support. Returns the other user's session.
     * PERMISSION_DENIED if the caller may not act for others, NOT_FOUND if nobody
     * has the address.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse> createRequestingUserSession(
        io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateRequestingUserSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Signs in with the code that an identity provider handed out.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if the
     * code is wrong or was used before.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse> createSingleSignOnSession(
        io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateSingleSignOnSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Signs in with a Google account.
     * Needs no token. Returns the session with its token. UNAUTHENTICATED if
     * Google's id token is not accepted.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.SignInWithGoogleResponse> signInWithGoogle(
        io.github.wingspangrpc.users.v1.SignInWithGoogleRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSignInWithGoogleMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns the session that a token belongs to.
     * The id is the token itself. UNAUTHENTICATED if the session has ended.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.GetSessionResponse> getSession(
        io.github.wingspangrpc.users.v1.GetSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Signs out: ends the session that a token belongs to.
     * The id is the token itself; it is worthless afterwards. UNAUTHENTICATED if
     * the session has ended already.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.DeleteSessionResponse> deleteSession(
        io.github.wingspangrpc.users.v1.DeleteSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDeleteSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sends a one-time password to the user who is signing in.
     * Every call sends a new one. Returns nothing; CompleteOtpVerification takes
     * the code.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse> beginOtpVerification(
        io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBeginOtpVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Confirms the caller's session with a one-time password.
     * Returns the confirmed session if the upstream sends it. INVALID_ARGUMENT if
     * the code is wrong, has expired or was used before.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse> completeOtpVerification(
        io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCompleteOtpVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Creates a long-lived session for programs.
     * Returns the API session with its token.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CreateApiSessionResponse> createApiSession(
        io.github.wingspangrpc.users.v1.CreateApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCreateApiSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists all API sessions that the caller has made.
     * The list comes whole, without paging, however long it is.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.ListApiSessionsResponse> listApiSessions(
        io.github.wingspangrpc.users.v1.ListApiSessionsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListApiSessionsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns one API session.
     * NOT_FOUND if the caller has none with this id.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.GetApiSessionResponse> getApiSession(
        io.github.wingspangrpc.users.v1.GetApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetApiSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Changes an API session.
     * Returns the API session as it is now. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.UpdateApiSessionResponse> updateApiSession(
        io.github.wingspangrpc.users.v1.UpdateApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUpdateApiSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends an API session.
     * Returns the API session as it was. NOT_FOUND if the caller has none with
     * this id.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.DeleteApiSessionResponse> deleteApiSession(
        io.github.wingspangrpc.users.v1.DeleteApiSessionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getDeleteApiSessionMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sends an email that verifies a user's new address.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse> beginEmailVerification(
        io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBeginEmailVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sends an email that verifies the address which a user has already.
     * Every call sends a new one. Returns the pending verification;
     * CompleteEmailVerification takes the id in the email.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse> beginExistingEmailVerification(
        io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBeginExistingEmailVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Confirms an email address with the id from the email.
     * Returns the verification, now verified. INVALID_ARGUMENT if the id is wrong
     * or has expired.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse> completeEmailVerification(
        io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCompleteEmailVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Sends a code to a user's phone.
     * Every call sends a new one. Returns the pending verification;
     * CompletePhoneVerification takes the code.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse> beginPhoneVerification(
        io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBeginPhoneVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Confirms a phone with the code that it received.
     * Returns the verification, now verified. INVALID_ARGUMENT if the code is
     * wrong or has expired.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse> completePhoneVerification(
        io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCompletePhoneVerificationMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the subscriptions that others have granted to the caller.
     * The list comes whole, without paging.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse> listGrantedSubscriberSubscriptionGrants(
        io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListGrantedSubscriberSubscriptionGrantsMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_AUTHENTICATE = 0;
  private static final int METHODID_CREATE_SESSION = 1;
  private static final int METHODID_CREATE_PENDING_SESSION = 2;
  private static final int METHODID_CREATE_REQUESTING_USER_SESSION = 3;
  private static final int METHODID_CREATE_SINGLE_SIGN_ON_SESSION = 4;
  private static final int METHODID_SIGN_IN_WITH_GOOGLE = 5;
  private static final int METHODID_GET_SESSION = 6;
  private static final int METHODID_DELETE_SESSION = 7;
  private static final int METHODID_BEGIN_OTP_VERIFICATION = 8;
  private static final int METHODID_COMPLETE_OTP_VERIFICATION = 9;
  private static final int METHODID_CREATE_API_SESSION = 10;
  private static final int METHODID_LIST_API_SESSIONS = 11;
  private static final int METHODID_GET_API_SESSION = 12;
  private static final int METHODID_UPDATE_API_SESSION = 13;
  private static final int METHODID_DELETE_API_SESSION = 14;
  private static final int METHODID_BEGIN_EMAIL_VERIFICATION = 15;
  private static final int METHODID_BEGIN_EXISTING_EMAIL_VERIFICATION = 16;
  private static final int METHODID_COMPLETE_EMAIL_VERIFICATION = 17;
  private static final int METHODID_BEGIN_PHONE_VERIFICATION = 18;
  private static final int METHODID_COMPLETE_PHONE_VERIFICATION = 19;
  private static final int METHODID_LIST_GRANTED_SUBSCRIBER_SUBSCRIPTION_GRANTS = 20;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final SessionAndAuthenticationServiceImplBase serviceImpl;
    private final int methodId;

    MethodHandlers(SessionAndAuthenticationServiceImplBase serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_AUTHENTICATE:
          serviceImpl.authenticate((io.github.wingspangrpc.users.v1.AuthenticateRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.AuthenticateResponse>) responseObserver);
          break;
        case METHODID_CREATE_SESSION:
          serviceImpl.createSession((io.github.wingspangrpc.users.v1.CreateSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateSessionResponse>) responseObserver);
          break;
        case METHODID_CREATE_PENDING_SESSION:
          serviceImpl.createPendingSession((io.github.wingspangrpc.users.v1.CreatePendingSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreatePendingSessionResponse>) responseObserver);
          break;
        case METHODID_CREATE_REQUESTING_USER_SESSION:
          serviceImpl.createRequestingUserSession((io.github.wingspangrpc.users.v1.CreateRequestingUserSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateRequestingUserSessionResponse>) responseObserver);
          break;
        case METHODID_CREATE_SINGLE_SIGN_ON_SESSION:
          serviceImpl.createSingleSignOnSession((io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateSingleSignOnSessionResponse>) responseObserver);
          break;
        case METHODID_SIGN_IN_WITH_GOOGLE:
          serviceImpl.signInWithGoogle((io.github.wingspangrpc.users.v1.SignInWithGoogleRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.SignInWithGoogleResponse>) responseObserver);
          break;
        case METHODID_GET_SESSION:
          serviceImpl.getSession((io.github.wingspangrpc.users.v1.GetSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.GetSessionResponse>) responseObserver);
          break;
        case METHODID_DELETE_SESSION:
          serviceImpl.deleteSession((io.github.wingspangrpc.users.v1.DeleteSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.DeleteSessionResponse>) responseObserver);
          break;
        case METHODID_BEGIN_OTP_VERIFICATION:
          serviceImpl.beginOtpVerification((io.github.wingspangrpc.users.v1.BeginOtpVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginOtpVerificationResponse>) responseObserver);
          break;
        case METHODID_COMPLETE_OTP_VERIFICATION:
          serviceImpl.completeOtpVerification((io.github.wingspangrpc.users.v1.CompleteOtpVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompleteOtpVerificationResponse>) responseObserver);
          break;
        case METHODID_CREATE_API_SESSION:
          serviceImpl.createApiSession((io.github.wingspangrpc.users.v1.CreateApiSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CreateApiSessionResponse>) responseObserver);
          break;
        case METHODID_LIST_API_SESSIONS:
          serviceImpl.listApiSessions((io.github.wingspangrpc.users.v1.ListApiSessionsRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.ListApiSessionsResponse>) responseObserver);
          break;
        case METHODID_GET_API_SESSION:
          serviceImpl.getApiSession((io.github.wingspangrpc.users.v1.GetApiSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.GetApiSessionResponse>) responseObserver);
          break;
        case METHODID_UPDATE_API_SESSION:
          serviceImpl.updateApiSession((io.github.wingspangrpc.users.v1.UpdateApiSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.UpdateApiSessionResponse>) responseObserver);
          break;
        case METHODID_DELETE_API_SESSION:
          serviceImpl.deleteApiSession((io.github.wingspangrpc.users.v1.DeleteApiSessionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.DeleteApiSessionResponse>) responseObserver);
          break;
        case METHODID_BEGIN_EMAIL_VERIFICATION:
          serviceImpl.beginEmailVerification((io.github.wingspangrpc.users.v1.BeginEmailVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginEmailVerificationResponse>) responseObserver);
          break;
        case METHODID_BEGIN_EXISTING_EMAIL_VERIFICATION:
          serviceImpl.beginExistingEmailVerification((io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginExistingEmailVerificationResponse>) responseObserver);
          break;
        case METHODID_COMPLETE_EMAIL_VERIFICATION:
          serviceImpl.completeEmailVerification((io.github.wingspangrpc.users.v1.CompleteEmailVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompleteEmailVerificationResponse>) responseObserver);
          break;
        case METHODID_BEGIN_PHONE_VERIFICATION:
          serviceImpl.beginPhoneVerification((io.github.wingspangrpc.users.v1.BeginPhoneVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.BeginPhoneVerificationResponse>) responseObserver);
          break;
        case METHODID_COMPLETE_PHONE_VERIFICATION:
          serviceImpl.completePhoneVerification((io.github.wingspangrpc.users.v1.CompletePhoneVerificationRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.CompletePhoneVerificationResponse>) responseObserver);
          break;
        case METHODID_LIST_GRANTED_SUBSCRIBER_SUBSCRIPTION_GRANTS:
          serviceImpl.listGrantedSubscriberSubscriptionGrants((io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsRequest) request,
              (io.grpc.stub.StreamObserver<io.github.wingspangrpc.users.v1.ListGrantedSubscriberSubscriptionGrantsResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        default:
          throw new AssertionError();
      }
    }
  }

  private static abstract class SessionAndAuthenticationServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    SessionAndAuthenticationServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.github.wingspangrpc.users.v1.SessionAndAuthenticationServiceOuterClass.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("SessionAndAuthenticationService");
    }
  }

  private static final class SessionAndAuthenticationServiceFileDescriptorSupplier
      extends SessionAndAuthenticationServiceBaseDescriptorSupplier {
    SessionAndAuthenticationServiceFileDescriptorSupplier() {}
  }

  private static final class SessionAndAuthenticationServiceMethodDescriptorSupplier
      extends SessionAndAuthenticationServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final String methodName;

    SessionAndAuthenticationServiceMethodDescriptorSupplier(String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (SessionAndAuthenticationServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new SessionAndAuthenticationServiceFileDescriptorSupplier())
              .addMethod(getAuthenticateMethod())
              .addMethod(getCreateSessionMethod())
              .addMethod(getCreatePendingSessionMethod())
              .addMethod(getCreateRequestingUserSessionMethod())
              .addMethod(getCreateSingleSignOnSessionMethod())
              .addMethod(getSignInWithGoogleMethod())
              .addMethod(getGetSessionMethod())
              .addMethod(getDeleteSessionMethod())
              .addMethod(getBeginOtpVerificationMethod())
              .addMethod(getCompleteOtpVerificationMethod())
              .addMethod(getCreateApiSessionMethod())
              .addMethod(getListApiSessionsMethod())
              .addMethod(getGetApiSessionMethod())
              .addMethod(getUpdateApiSessionMethod())
              .addMethod(getDeleteApiSessionMethod())
              .addMethod(getBeginEmailVerificationMethod())
              .addMethod(getBeginExistingEmailVerificationMethod())
              .addMethod(getCompleteEmailVerificationMethod())
              .addMethod(getBeginPhoneVerificationMethod())
              .addMethod(getCompletePhoneVerificationMethod())
              .addMethod(getListGrantedSubscriberSubscriptionGrantsMethod())
              .build();
        }
      }
    }
    return result;
  }
}

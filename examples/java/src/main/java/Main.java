import com.google.gson.Gson;
import io.github.wingspangrpc.users.v1.AuthenticateRequest;
import io.github.wingspangrpc.users.v1.CreateApiSessionRequest;
import io.github.wingspangrpc.users.v1.CreateSessionRequest;
import io.github.wingspangrpc.users.v1.DeleteApiSessionRequest;
import io.github.wingspangrpc.users.v1.ListApiSessionsRequest;
import io.github.wingspangrpc.users.v1.SessionAndAuthenticationServiceGrpc;
import io.github.wingspangrpc.users.v1.SessionAndAuthenticationServiceGrpc.SessionAndAuthenticationServiceBlockingStub;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Calls the session facade over gRPC. Start one with "go run ./cmd/server --sandbox", then:
 * mvn -q -f gen/java install && mvn -q -f examples/java compile exec:java
 *
 * <p>FACADE_ADDR is its address. With FACADE_CA, a file of CA certificates (PEM), the connection is
 * TLS.
 */
public final class Main {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final SessionAndAuthenticationServiceBlockingStub stub;

  private Main(ManagedChannel channel) {
    stub = SessionAndAuthenticationServiceGrpc.newBlockingStub(channel);
  }

  public static void main(String[] args) throws Exception {
    ManagedChannel channel = connect();
    try {
      new Main(channel).run();
    } catch (StatusRuntimeException e) {
      System.err.println(Errors.describe(e));
      System.exit(1);
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static ManagedChannel connect() throws IOException {
    String address = System.getenv().getOrDefault("FACADE_ADDR", "localhost:9090");
    String ca = System.getenv("FACADE_CA");
    ChannelCredentials credentials =
        ca == null || ca.isEmpty()
            ? InsecureChannelCredentials.create()
            : TlsChannelCredentials.newBuilder().trustManager(new File(ca)).build();
    return Grpc.newChannelBuilder(address, credentials)
        // Retries calls without side effects, and only those.
        .defaultServiceConfig(serviceConfig())
        .enableRetry()
        // Lists come whole; the default limit is 4 MiB.
        .maxInboundMessageSize(16 << 20)
        .build();
  }

  /** Reads what comes with the stubs. */
  @SuppressWarnings("unchecked")
  private static Map<String, ?> serviceConfig() throws IOException {
    try (Reader json =
        new InputStreamReader(
            SessionAndAuthenticationServiceGrpc.class.getResourceAsStream("service_config.json"),
            StandardCharsets.UTF_8)) {
      return new Gson().fromJson(json, Map.class);
    }
  }

  /** Bounds a call, retries included: a deadline holds from when it is made. */
  private static <S extends io.grpc.stub.AbstractStub<S>> S within(S stub) {
    return stub.withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  private void run() {
    manageApiSessions(signIn());
    var wrong =
        CreateSessionRequest.newBuilder().setEmail("ada@example.com").setPassword("wrong").build();
    var refused = refusal(() -> within(stub).createSession(wrong));
    System.out.println("wrong password: " + Errors.describe(refused));
    var empty = AuthenticateRequest.getDefaultInstance();
    refused = refusal(() -> within(stub).authenticate(empty));
    System.out.println("empty email: " + Errors.describe(refused));
    System.out.println("too many tries: " + Errors.describe(tooManyTries()));
  }

  /** Returns a stub whose calls are made as ada. */
  private SessionAndAuthenticationServiceBlockingStub signIn() {
    var request = CreateSessionRequest.newBuilder();
    request.setEmail("ada@example.com").setPassword("analytical-engine");
    var session = within(stub).createSession(request.build()).getSession();
    System.out.println("signed in as " + session.getUserId());
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + session.getToken());
    return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** Creates, lists and deletes an API session. */
  private static void manageApiSessions(SessionAndAuthenticationServiceBlockingStub ada) {
    var request = CreateApiSessionRequest.newBuilder().putLabels("example", "java").build();
    var created = within(ada).createApiSession(request).getApiSession();
    System.out.println("created an API session with labels " + created.getLabelsMap());
    // Retried if need be.
    var listed = within(ada).listApiSessions(ListApiSessionsRequest.getDefaultInstance());
    if (listed.getApiSessionsList().stream()
        .noneMatch(session -> session.getSessionId().equals(created.getSessionId()))) {
      throw new IllegalStateException("the API session is not listed");
    }
    System.out.println("listed it");
    within(ada)
        .deleteApiSession(DeleteApiSessionRequest.newBuilder().setId(created.getSessionId()).build());
    System.out.println("deleted it");
  }

  /**
   * Gives wrong passwords until it is told when to try again. The sandbox takes five in a row.
   */
  private StatusRuntimeException tooManyTries() {
    var wrong =
        CreateSessionRequest.newBuilder().setEmail("grace@example.com").setPassword("wrong").build();
    for (int tries = 0; tries < 10; tries++) {
      var refused = refusal(() -> within(stub).createSession(wrong));
      if (refused.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
        return refused;
      }
    }
    throw new IllegalStateException("wrong passwords are taken without end");
  }

  /** Returns the error that a call must end with. */
  private static StatusRuntimeException refusal(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      return e;
    }
    throw new IllegalStateException("a wrong password or an empty field was accepted");
  }
}

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;

/** Reads the details of the facade's errors. */
final class Errors {
  private Errors() {}

  /**
   * Says what is in an error, for programs to act on: its code, why, which fields are at fault, and
   * when to call again.
   */
  static String describe(StatusRuntimeException e) {
    var text = new StringBuilder(e.getStatus().getCode().name());
    var status = StatusProto.fromThrowable(e);
    try {
      for (Any detail : status == null ? List.<Any>of() : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          // An ErrorReason without its prefix.
          text.append(' ').append(detail.unpack(ErrorInfo.class).getReason());
        } else if (detail.is(BadRequest.class)) {
          for (var field : detail.unpack(BadRequest.class).getFieldViolationsList()) {
            text.append(" [" + field.getField() + ": " + field.getDescription() + "]");
          }
        } else if (detail.is(RetryInfo.class)) {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          text.append(" (again in " + (delay.getSeconds() + delay.getNanos() / 1e9) + " s)");
        }
      }
    } catch (InvalidProtocolBufferException broken) {
      text.append(" (details that do not decode)");
    }
    return text + ": " + e.getStatus().getDescription();
  }
}

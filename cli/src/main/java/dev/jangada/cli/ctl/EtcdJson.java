package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Messages in etcdctl's JSON, which is not the JSON of protobuf and of etcd's HTTP gateway: names
 * as in the .proto file, numbers and not names for enums, 64-bit integers as numbers, bytes in
 * base64, and nothing for what has its default.
 */
final class EtcdJson {

  private EtcdJson() {}

  /** One line, without its end. */
  static String write(Object value) {
    return JsonMapper.shared().writeValueAsString(value);
  }

  /** The message as a map that {@link #write} takes. */
  static Map<String, Object> of(Message message) {
    Map<String, Object> json = new LinkedHashMap<>();
    message
        .getAllFields()
        .forEach((field, value) -> {
          // Which of several kinds an operation of a transaction is, etcdctl tells in two levels.
          if (field.getRealContainingOneof() != null
              && field.getContainingType().getName().equals("ResponseOp")) {
            json.put("Response", Map.of(camelCase(field.getName()), scalar(field, value)));
          } else {
            json.put(
                field.getName(),
                field.isRepeated() ? list(field, (List<?>) value) : scalar(field, value));
          }
        });
    return json;
  }

  private static List<Object> list(FieldDescriptor field, List<?> values) {
    List<Object> list = new ArrayList<>(values.size());
    values.forEach(value -> list.add(scalar(field, value)));
    return list;
  }

  private static Object scalar(FieldDescriptor field, Object value) {
    return switch (field.getType()) {
      case MESSAGE -> of((Message) value);
      case BYTES -> base64((ByteString) value);
      case ENUM -> ((EnumValueDescriptor) value).getNumber();
      case UINT64, FIXED64 -> unsigned((Long) value);
      case UINT32, FIXED32 -> Integer.toUnsignedLong((Integer) value);
      default -> value;
    };
  }

  /** A number as large as the wire allows, which Java would take for negative. */
  static Object unsigned(long value) {
    return value >= 0 ? value : new BigInteger(Long.toUnsignedString(value));
  }

  static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static String camelCase(String name) {
    StringBuilder camel = new StringBuilder();
    for (String word : List.of(name.split("_", -1))) {
      camel.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
    }
    return camel.toString();
  }
}

package dev.jangada.server.http;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.jangada.server.http.JsonObjects.MalformedJsonException;
import java.io.IOException;
import java.io.StringReader;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what the parser would forgive, and then do something that nobody meant: missing quotes
 * and the like, and names of constants that do not exist, which it takes for the first one of their
 * kind where it ignores unknown fields.
 */
final class StrictJson {

  private final JsonReader reader;

  private StrictJson(String json) {
    reader = new JsonReader(new StringReader(json));
    reader.setStrictness(Strictness.STRICT);
  }

  /**
   * Looks through an object.
   *
   * @param type of the message that it stands for
   */
  static void check(String json, Descriptor type) throws MalformedJsonException {
    StrictJson strict = new StrictJson(json);
    try {
      strict.message(type);
    } catch (IOException | IllegalStateException e) {
      // What the library says is meant for who calls it.
      throw new MalformedJsonException("malformed JSON at " + strict.place());
    }
  }

  /** Where the reader is, as {@code $.compare[0].target}. */
  private String place() {
    return reader.getPath();
  }

  private void message(Descriptor type) throws IOException, MalformedJsonException {
    reader.beginObject();
    while (reader.hasNext()) {
      FieldDescriptor field = field(type, reader.nextName());
      if (field != null && reader.peek() == JsonToken.BEGIN_ARRAY) {
        reader.beginArray();
        while (reader.hasNext()) {
          value(field);
        }
        reader.endArray();
      } else {
        value(field);
      }
    }
    reader.endObject();
  }

  private static @Nullable FieldDescriptor field(Descriptor type, String name) {
    for (FieldDescriptor field : type.getFields()) {
      if (field.getName().equals(name) || field.getJsonName().equals(name)) {
        return field;
      }
    }
    return null;
  }

  /** A value of a field, or of a name that stands for none. */
  private void value(@Nullable FieldDescriptor field) throws IOException, MalformedJsonException {
    if (field == null) {
      reader.skipValue();
      return;
    }
    switch (field.getJavaType()) {
      case MESSAGE -> {
        if (reader.peek() == JsonToken.BEGIN_OBJECT) {
          message(field.getMessageType());
        } else {
          reader.skipValue();
        }
      }
      case ENUM -> {
        if (reader.peek() == JsonToken.STRING) {
          constant(field, reader.nextString());
        } else {
          reader.skipValue();
        }
      }
      case BOOLEAN, BYTE_STRING, DOUBLE, FLOAT, INT, LONG, STRING -> reader.skipValue();
    }
  }

  /** The name of a constant, or its number in quotes. */
  private void constant(FieldDescriptor field, String name) throws MalformedJsonException {
    if (field.getEnumType().findValueByName(name) == null && !name.matches("-?\\d{1,9}")) {
      throw new MalformedJsonException(
          "unknown value \"%s\" for enum %s at %s"
              .formatted(name, field.getEnumType().getFullName(), place()));
    }
  }
}

package peers;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * unique-users on Flink, in one process and one chain of operators, until the end that the topic has at the start.
 *
 * <p>Arguments: bootstrap servers, topic in, topic out, group, {@code at_least_once} or {@code exactly_once}, {@code full}
 * or {@code early} (how far a frame is parsed), milliseconds between checkpoints, the folder for them.
 */
public final class FlinkPeer {
  public static void main(String[] args) throws Exception {
    DeliveryGuarantee guarantee = DeliveryGuarantee.valueOf(args[4].toUpperCase());
    Configuration settings = new Configuration();
    settings.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + args[7]);
    StreamExecutionEnvironment environment = StreamExecutionEnvironment.createLocalEnvironment(1, settings);
    environment.getConfig().enableObjectReuse();
    environment.enableCheckpointing(Long.parseLong(args[6]));
    environment
        .fromSource(source(args[0], args[1], args[3]), WatermarkStrategy.noWatermarks(), "frames")
        .transform("users", Types.STRING, new UsersOperator(args[5].equals("early")))
        .sinkTo(sink(args[0], args[2], args[3], guarantee));
    environment.execute("unique-users");
  }

  private static KafkaSource<byte[]> source(String bootstrap, String topic, String group) {
    return KafkaSource.<byte[]>builder()
        .setBootstrapServers(bootstrap)
        .setTopics(topic)
        .setGroupId(group)
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setBounded(OffsetsInitializer.latest())
        .setDeserializer(new RawValue())
        .setProperty("max.partition.fetch.bytes", String.valueOf(8 * 1024 * 1024))
        .setProperty("max.poll.records", "10000")
        .build();
  }

  private static KafkaSink<String> sink(String bootstrap, String topic, String group, DeliveryGuarantee guarantee) {
    return KafkaSink.<String>builder()
        .setBootstrapServers(bootstrap)
        .setDeliveryGuarantee(guarantee)
        .setTransactionalIdPrefix(group)
        .setProperty("transaction.timeout.ms", "600000")
        .setRecordSerializer(
            KafkaRecordSerializationSchema.builder()
                .setTopic(topic)
                .setValueSerializationSchema(new org.apache.flink.api.common.serialization.SimpleStringSchema())
                .build())
        .build();
  }

  /** The value as it is: it is parsed where it is counted. */
  private static final class RawValue implements KafkaRecordDeserializationSchema<byte[]> {
    private static final long serialVersionUID = 1;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<byte[]> out) {
      out.collect(record.value() == null ? new byte[0] : record.value());
    }

    @Override
    public TypeInformation<byte[]> getProducedType() {
      return TypeInformation.of(byte[].class);
    }
  }
}

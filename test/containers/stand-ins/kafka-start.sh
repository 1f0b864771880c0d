# As /etc/kafka/docker/run of the real image: writes the configuration from KAFKA_*, formats the storage, starts the server.
set -u
export CLASSPATH='/opt/kafka/libs/*'
# Says so and fails on a start after the first: the storage is formatted already.
java kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config
exec java -Xmx512m -XX:+UseSerialGC kafka.Kafka /opt/kafka/config/server.properties

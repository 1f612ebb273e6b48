"""RabbitMQ apart, as it takes seconds to start."""

from kombu import Connection

from .rabbitmq import RabbitMQ


def test_rabbitmq_takes_and_gives_messages(rabbitmq: RabbitMQ) -> None:
    with Connection(rabbitmq.url) as connection:
        queue = connection.SimpleQueue("test_rabbitmq")
        queue.put({"job": 1})
        message = queue.get(timeout=30)
        assert message.payload == {"job": 1}
        message.ack()
        queue.queue.delete()
        queue.close()

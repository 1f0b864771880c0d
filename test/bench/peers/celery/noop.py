"""A task that does nothing, and a producer: `python noop.py` sends as many as each line of its input says.

The settings are those that Celery's guide "Optimizing" gives for many short tasks.
"""
import os
import sys

from celery import Celery

app = Celery("noop", broker=os.environ["CELERY_REDIS_URL"], backend=os.environ["CELERY_REDIS_URL"])
app.conf.worker_prefetch_multiplier = 128
app.conf.broker_connection_retry_on_startup = True


@app.task(name="noop")
def noop(index):
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        with app.producer_or_acquire() as producer:
            for index in range(int(line)):
                noop.apply_async((index,), producer=producer)

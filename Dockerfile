# Airflow's official image with the pinned packages and this project on top.
FROM apache/airflow:3.3.2-python3.12

# The volumes take over whose these folders are.
USER root
RUN install -d -o airflow -g 0 /opt/sendepause /opt/sendepause/data /opt/sendepause/config
USER airflow

COPY --chown=airflow:0 requirements.txt /opt/sendepause/requirements.txt
RUN pip install --no-cache-dir -r /opt/sendepause/requirements.txt
# For sources in S3 or on SFTP do the same with requirements-extras.txt.

COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 plugins /opt/airflow/plugins
COPY --chown=airflow:0 include /opt/airflow/include

# The way that reaches the DAG processor, workers, the plugin loader and the API server alike.
ENV PYTHONPATH=/opt/airflow/include

# One image for web and workers. The base needs neither torch nor TensorFlow; competitions that take code need
# --build-arg EXTRAS=postgres,oidc,s3,torch
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY app app
COPY client client
COPY grader grader
COPY models models
COPY migrations migrations
COPY competitions competitions
COPY docs docs
ARG EXTRAS=postgres,oidc,s3
RUN python -m venv /opt/secateur && /opt/secateur/bin/pip install --no-cache-dir -c constraints.txt ".[${EXTRAS}]"

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin secateur \
    && install --directory --owner secateur --group secateur /data
COPY --from=build /opt/secateur /opt/secateur
ENV PATH=/opt/secateur/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    SECATEUR_DATA_DIR=/data \
    SECATEUR_HOST=0.0.0.0
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["sh", "-c", "secateur migrate && exec secateur run"]

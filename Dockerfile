# Porth without its embedded database: web, worker, sandbox and every other command, as docker-compose.yml starts them.

FROM node:20-bookworm-slim AS node
WORKDIR /srv/porth
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-progress

FROM python:3.11-slim-bookworm AS python
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /srv/porth
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/pip install --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md ./
COPY gateway gateway
COPY approvals approvals
COPY connectors connectors
COPY i18n i18n
# Installed where it stands: templates, catalogs and migrations are read from beside the code.
RUN .venv/bin/pip install --no-build-isolation --no-deps --editable . \
    && .venv/bin/python -m compileall -q gateway approvals connectors i18n

FROM python:3.11-slim-bookworm
# Perl runs exiftool. The slim image has only a part of it.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends perl \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 porth \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin porth \
    && install --directory --owner porth --group porth --mode 0700 /data
WORKDIR /srv/porth
COPY --from=python /srv/porth /srv/porth
COPY --from=node /srv/porth/node_modules node_modules
COPY examples examples
ENV PATH=/srv/porth/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTH_HOME=/data \
    PORTH_HOST=0.0.0.0 \
    PORTH_PORT=8080
# The file system may be mounted read-only: Porth writes to its data and to /tmp, nowhere else.
VOLUME /data
USER 10001:10001
EXPOSE 8080
# Unhealthy also when deliveries that are due are not being taken: then the worker needs looking at.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORTH_PORT\"]}/health', timeout=4)"]
ENTRYPOINT ["porth"]
CMD ["serve"]

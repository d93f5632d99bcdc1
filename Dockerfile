# One image for web, worker and beat; which of them it is, the command says. Secrets come at run time alone.
FROM node:22-bookworm-slim AS scripts
WORKDIR /srv/govgrid
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/govgrid
COPY requirements.txt .
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
COPY --from=scripts /srv/govgrid/node_modules node_modules
# Translations and static files are made once, here; the settings only have to be readable for it
RUN env SECRET_KEY=build REPORTER_KEYS=build REPORTER_HASH_KEY=build DATABASE_URL=postgresql:///build \
    REDIS_URL=redis://build STATIC_ROOT=/srv/govgrid/static-files GOVGRID_DATA=/tmp/build \
    sh -c '.venv/bin/python -c "from govgrid.local import compile_translations; compile_translations()" \
    && .venv/bin/python manage.py collectstatic --no-input --verbosity 0'

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/govgrid --create-home govgrid
WORKDIR /srv/govgrid
COPY --from=build /srv/govgrid /srv/govgrid
ENV PATH=/srv/govgrid/.venv/bin:$PATH PYTHONUNBUFFERED=1 GOVGRID_DATA=/var/lib/govgrid \
    STATIC_ROOT=/srv/govgrid/static-files MEDIA_ROOT=/var/lib/govgrid/media
USER govgrid
VOLUME /var/lib/govgrid
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "govgrid.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--threads", "4", "--no-control-socket"]

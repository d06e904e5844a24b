# An image that serves wince to other machines; docs/serving.md describes its use:
#   docker build -t wince .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     -e WINCE_TOKEN -p 5001:5001 wince
FROM python:3.11-slim AS build
WORKDIR /build
RUN python -m venv /opt/wince
COPY requirements/serve.lock requirements/
RUN /opt/wince/bin/pip install --no-cache-dir --require-hashes -r requirements/serve.lock
COPY pyproject.toml README.md LICENSE NOTICE WEIGHTS-LICENSE.md ./
COPY src src
RUN /opt/wince/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
# espeak-ng is for browsers without a voice. The distribution chooses its version.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends espeak-ng \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin wince
COPY --from=build /opt/wince /opt/wince
USER 10001
ENV PATH=/opt/wince/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WINCE_HOST=0.0.0.0 \
    WINCE_PORT=5001 \
    WINCE_LOG_FORMAT=json
EXPOSE 5001
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "wince.server.probe"]
ENTRYPOINT ["wince"]
CMD ["serve"]

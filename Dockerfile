# A server of the indexes in /libraries, for people who have the token:
#   docker build --tag prvipe .
#   docker run --publish 8765:8765 --env PRVIPE_TOKEN --volume "$PWD/libraries:/libraries:ro" \
#       --read-only --tmpfs /tmp prvipe /libraries/moves.pvi --allowed-host poses.example.org
FROM python:3.11-slim

# What OpenCV, which the detector brings, needs of the system.
RUN apt-get update && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -r /var/lib/apt/lists/*
COPY . /source
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu \
        "/source[serve,detect,umap]" \
    && rm -r /source \
    && useradd --no-create-home --uid 10001 prvipe

USER prvipe
ENV HOME=/tmp
EXPOSE 8765
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/healthz')"]
ENTRYPOINT ["prvipe", "serve", "--host", "0.0.0.0"]

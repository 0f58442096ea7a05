# The collector; the demo's fleet is in it too (see docker-compose.yml). Its files are made by scripts/image-files.sh.
FROM node:24.11.1-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN scripts/image-files.sh /image

FROM node:24.11.1-bookworm-slim
ENV NODE_ENV=production HQ_HOST=0.0.0.0
WORKDIR /opt/hq
COPY --from=build /image ./
# The demo's stores keep their data in one, Grafana gets its app and the tokens for it by the other.
RUN install -d -o 1000 -g 1000 /var/lib/stores /var/lib/grafana-app
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "hq-collector/dist/main.js"]

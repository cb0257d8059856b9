package anydoor;

import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirPostgresDialect;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.match.config.SubscriptionProcessorConfig;
import ca.uhn.fhir.jpa.subscription.match.deliver.email.IEmailSender;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.rest.server.HardcodedServerAddressStrategy;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import com.zaxxer.hikari.HikariDataSource;
import jakarta.persistence.EntityManagerFactory;
import java.nio.file.Path;
import java.util.Properties;
import javax.sql.DataSource;
import org.apache.catalina.startup.Tomcat;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/** HAPI FHIR R4 over PostgreSQL on 127.0.0.1: -Dport=… -Ddb=jdbc:postgresql://… -Ddbuser=… -Dwork=FOLDER. Prints "READY". */
@Configuration
@Import({JpaR4Config.class, HapiJpaConfig.class, JpaBatch2Config.class, Batch2JobsConfig.class, SubscriptionSubmitterConfig.class,
    SubscriptionProcessorConfig.class, SubscriptionChannelConfig.class, ThreadPoolFactoryConfig.class})
public class Hapi {
  @Bean JpaStorageSettings storageSettings() {
    var settings = new JpaStorageSettings();
    settings.setReuseCachedSearchResultsForMillis(null); // a phone must see what was just written
    settings.setAllowExternalReferences(true);
    return settings;
  }

  @Bean SubscriptionSettings subscriptionSettings() { return new SubscriptionSettings(); }

  @Bean PartitionSettings partitionSettings() { return new PartitionSettings(); }

  @Bean IEmailSender emailSender() { return details -> {}; }

  @Bean DataSource dataSource() {
    var source = new HikariDataSource();
    source.setJdbcUrl(System.getProperty("db"));
    source.setUsername(System.getProperty("dbuser"));
    source.setPassword("");
    source.setMaximumPoolSize(10);
    return source;
  }

  @Primary @Bean LocalContainerEntityManagerFactoryBean entityManagerFactory(
      ConfigurableListableBeanFactory beans, FhirContext fhir, JpaStorageSettings settings, DataSource source) {
    var factory = HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
    factory.setPersistenceUnitName("HAPI_PU");
    factory.setDataSource(source);
    var properties = new Properties();
    properties.put("hibernate.dialect", HapiFhirPostgresDialect.class.getName());
    properties.put("hibernate.hbm2ddl.auto", "update");
    properties.put("hibernate.jdbc.batch_size", "20");
    properties.put("hibernate.search.enabled", "false");
    factory.setJpaProperties(properties);
    return factory;
  }

  @Primary @Bean JpaTransactionManager transactionManager(EntityManagerFactory factory) { return new JpaTransactionManager(factory); }

  public static void main(String[] arguments) throws Exception {
    int port = Integer.getInteger("port");
    var context = new AnnotationConfigApplicationContext(Hapi.class);
    IFhirSystemDao<?, ?> system = context.getBean(IFhirSystemDao.class);
    var server = new RestfulServer(context.getBean(FhirContext.class));
    server.registerProviders(context.getBean(ResourceProviderFactory.class).createProviders());
    server.registerProvider(context.getBean(IJpaSystemProvider.class));
    @SuppressWarnings({"unchecked", "rawtypes"})
    var conformance = new JpaCapabilityStatementProvider(server, (IFhirSystemDao) system, context.getBean(JpaStorageSettings.class),
        context.getBean(ISearchParamRegistry.class), context.getBean(IValidationSupport.class));
    server.setServerConformanceProvider(conformance);
    server.setPagingProvider(context.getBean(DatabaseBackedPagingProvider.class));
    server.setServerAddressStrategy(new HardcodedServerAddressStrategy("http://127.0.0.1:" + port + "/fhir"));
    context.getAutowireCapableBeanFactory().autowireBean(server);
    var tomcat = new Tomcat();
    tomcat.setBaseDir(Path.of(System.getProperty("work"), "tomcat").toString());
    tomcat.setPort(port);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    tomcat.getConnector().setProperty("relaxedQueryChars", "|");
    tomcat.getConnector().setProperty("maxPostSize", "-1");
    var root = tomcat.addContext("", null);
    Tomcat.addServlet(root, "fhir", server);
    root.addServletMappingDecoded("/fhir/*", "fhir");
    tomcat.start();
    System.out.println("READY " + port);
    tomcat.getServer().await();
  }
}
